// Who is logged in here. An account of the other half is nobody here, under the same name too.
import { ref } from 'vue'
import { ApiError } from '@/api/http'
import { onSignedOut } from '@/stores/signedout'
import { door } from './api/calls'
import type { Me, Right } from './api/types'
import { draftsOf, forgetDrafts } from './drafts'

export const me = ref<Me | null>(null)
/** This half is not in use here: why, as the centre says it. */
export const off = ref<ApiError | null>(null)
let asked = false

export function may(right: Right): boolean {
  return me.value?.rights.includes(right) ?? false
}

/** Asks once per page load; afterwards what is known holds until a call is refused. */
export async function loadMe(): Promise<Me | null> {
  if (!asked) {
    try {
      me.value = await door.me()
      draftsOf(me.value.account)
      asked = true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // Only a clear "no" means logged out. A centre that cannot be reached is asked again.
      if (error.status === 401) asked = true
      off.value = error.status === 404 ? error : null
      me.value = null
    }
  }
  return me.value
}

export async function login(account: string, password: string): Promise<void> {
  await door.login(account, password)
  me.value = await door.me()
  draftsOf(me.value.account)
  asked = true
}

export async function logout(): Promise<void> {
  try {
    await door.logout()
  } catch (error) {
    // The centre still knows this session: whoever sits down here next would be let in.
    if (!(error instanceof ApiError) || error.status !== 401) throw error
  }
  forgetDrafts()
  forget()
}

function forget(): void {
  me.value = null
  asked = true
}

onSignedOut(forget)
