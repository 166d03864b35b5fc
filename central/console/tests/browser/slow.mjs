// A file that comes slowly from another window of somebody who is logged in, so that pages can be seen meanwhile.
import { request } from 'node:http'

/** Begins to send it, as this page's account; `end` sends the rest of it and waits for the whole answer. */
export async function sendSlowly(page, url, { buffer }) {
  const cookies = await page.context().cookies(url)
  const call = request(url, {
    method: 'POST',
    headers: {
      'X-Xunge': '1',
      'Content-Type': 'application/octet-stream',
      Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    },
  })
  const answer = new Promise((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
  })
  call.write(buffer.subarray(0, 10))
  return {
    async end() {
      call.end(buffer.subarray(10))
      return answer
    },
  }
}
