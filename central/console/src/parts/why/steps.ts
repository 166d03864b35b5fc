// The way of an alert in words, and what can be said of a moment at a camera. What is not known here is shown as the
// centre named it.
import type { CameraWhy, Step, WhyNew } from '@/api/quiet'
import { fullTime, plain } from '@/format'
import { i18n, named } from '@/i18n'

export interface StepWords {
  text: string
  /** A case that it speaks of. */
  caseId: string | null
  /** `held` did not ring, `loud` is more than usual. */
  tone: 'plain' | 'held' | 'loud'
}

const { t } = i18n.global

export function stepWords(step: Step): StepWords {
  const say = (text: string, tone: StepWords['tone'] = 'plain', caseId: string | null = null) => ({ text, caseId, tone })
  switch (step.step) {
    case 'received': {
      const { utc, seq, revision, severity, late } = step
      const values = { time: fullTime(utc), seq, revision, severity: named('severity', String(severity)) }
      return say(t(late ? 'step.receivedLate' : 'step.received', values), late ? 'held' : 'plain')
    }
    case 'clock_wrong':
      return say(t('step.clockWrong', { time: fullTime(step.said_utc) }))
    case 'raised': {
      const because = step.because.map(becauseWords).join(t('progress.and'))
      const [from, to] = [named('severity', String(step.from)), named('severity', String(step.to))]
      return say(because === '' ? t('step.raisedPlain', { from, to }) : t('step.raised', { because, from, to }), 'loud')
    }
    case 'held':
      return say(t('step.held', { what: heldWords(step) }), 'held')
    case 'rings_anyway':
      return say(t('step.ringsAnyway', { what: heldWords(step) }), 'loud')
    case 'chatters':
      return say(chatterWords(step), step.shelf === null ? 'loud' : 'held')
    case 'episode': {
      // A negative pause lies inside of what goes on.
      if (step.pause_secs <= 0) return say(t('step.episodeInside'))
      return say(t('step.episode', { pause: plain(step.pause_secs), window: plain(step.window_secs) }))
    }
    case 'new_episode':
      return say(newWords(step.because))
    case 'correlated': {
      const behavior = named('behavior', step.behavior)
      const text =
        step.metres === null
          ? t('step.correlatedSame', { behavior })
          : t('step.correlated', { behavior, metres: Math.round(step.metres) })
      return say(text, 'plain', step.case)
    }
    case 'new_case':
      return say(t('step.newCase'), 'plain', step.case)
    case 'moved':
      return say(t('step.moved', { by: step.by, time: fullTime(step.utc) }), 'plain', step.case)
    default:
      return say((step as { step: string }).step)
  }
}

function heldWords(step: Extract<Step, { step: 'held' | 'rings_anyway' }>): string {
  switch (step.by) {
    case 'tampered':
      return t('step.tampered', { time: fullTime(step.since_utc) })
    case 'maintenance':
      return t('step.maintenance', { time: fullTime(step.until_utc) })
    case 'shelved':
      return t('step.shelved', { time: fullTime(step.until_utc) })
    default:
      return (step as { by: string }).by
  }
}

/** As in the centre: so many within a minute chatter, else it was the ten minutes. */
const CHATTER_A_MINUTE = 3

function chatterWords(step: Extract<Step, { step: 'chatters' }>): string {
  const { last_minute, last_ten_minutes, shelf } = step
  const [minutes, n] = last_minute >= CHATTER_A_MINUTE ? [1, last_minute] : [10, last_ten_minutes]
  return t(shelf === null ? 'step.chattersLoud' : 'step.chatters', { minutes, n })
}

function becauseWords(because: Extract<Step, { step: 'raised' }>['because'][number]): string {
  switch (because.reason) {
    case 'place':
      return t('because.place', { place: named('place', because.place) })
    case 'hour':
      return t('because.hour')
    case 'period':
      return t('because.period', { name: because.name })
    default:
      return (because as { reason: string }).reason
  }
}

function newWords(because: WhyNew): string {
  const why =
    because.why === 'pause'
      ? t('whyNew.pause', { pause: plain(because.pause_secs), window: plain(because.window_secs) })
      : named('whyNew', because.why)
  return t('step.newEpisode', { because: why })
}

/** What there is to say first of a moment at a camera. */
export type Conclusion = 'unknownBox' | 'alerts' | 'blind' | 'missing' | 'nothing'

export function conclusionOf({ alerts, box_known_utc, blind, missing }: CameraWhy): Conclusion {
  if (alerts.length > 0) return 'alerts'
  if (box_known_utc === null) return 'unknownBox'
  if (blind.length > 0) return 'blind'
  return missing > 0 ? 'missing' : 'nothing'
}

/** A moment as an input for local times wants it, with seconds. */
export function localInput(utc: string): string {
  return fullTime(utc).replace(' ', 'T')
}
