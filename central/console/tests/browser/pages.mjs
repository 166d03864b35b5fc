// What the tests read from the pages, and how they log in.

/** The element that a page marks for tests with this name. */
export const at = (name) => `[data-test="${name}"]`

export async function logIn(page, user, password) {
  await page.locator('#user').fill(user)
  await page.locator('#password').fill(password)
  await page.locator(at('login-submit')).click()
}

/** The rows of the list, from the top. */
export async function rowsOf(page) {
  return page.locator(at('case-row')).evaluateAll((rows) =>
    rows.map(({ dataset }) => ({ id: dataset.id, count: Number(dataset.count), state: dataset.state })),
  )
}

/** Whether the clip has decoded pictures and runs. */
export async function clipPlays(page) {
  return page.evaluate(() => {
    const video = document.querySelector('[data-test="clip"]')
    return video !== null && video.readyState >= 2 && video.videoWidth > 0 && video.currentTime > 0
  })
}
