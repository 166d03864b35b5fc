// Who is logged in.
import { ref } from 'vue'
import { ApiError, api } from '@/api/client'
import type { Session } from '@/api/types'
import { onSignedOut } from './signedout'

export const session = ref<Session | null>(null)
let asked = false

/** Asks the server once per page load; afterwards what is known holds until a call is refused. */
export async function loadSession(): Promise<Session | null> {
  if (!asked) {
    try {
      session.value = await api.session()
      asked = true
    } catch (error) {
      // Only a clear "no" means logged out. A centre that cannot be reached is asked again.
      if (error instanceof ApiError && error.status === 401) asked = true
      session.value = null
    }
  }
  return session.value
}

export async function login(user: string, password: string): Promise<void> {
  await api.login(user, password)
  session.value = await api.session()
  asked = true
}

export async function logout(): Promise<void> {
  try {
    await api.logout()
  } catch (error) {
    // The centre still knows this session: whoever sits down here next would be let in.
    if (!(error instanceof ApiError) || error.status !== 401) throw error
  }
  forgetSession()
}

/** The server no longer knows this session. */
export function forgetSession(): void {
  session.value = null
  asked = true
}

onSignedOut(forgetSession)
