import { describe, expect, it } from 'vitest'
import { clockTime, duration, fullTime, percent, plain, secsBetween, unitOf } from '@/format'

describe('duration', () => {
  it.each([
    [0, '0秒', '0s'],
    [0.9, '0秒', '0s'],
    [59, '59秒', '59s'],
    [60, '1分', '1m'],
    [83, '1分23秒', '1m 23s'],
    [3_600, '1小时', '1h'],
    [3_605, '1小时', '1h'],
    [5_400, '1小时30分', '1h 30m'],
    [100_000, '1天3小时', '1d 3h'],
    [-5, '0秒', '0s'],
    [Number.NaN, '–', '–'],
  ])('%s s', (secs, chinese, english) => {
    expect(duration(secs, 'zh-CN')).toBe(chinese)
    expect(duration(secs, 'en')).toBe(english)
  })
})

describe('times', () => {
  const now = Date.parse('2026-11-23T08:00:00Z') // 16:00 in Shanghai
  it.each([
    ['2026-11-23T06:05:09Z', '14:05:09'],
    ['2026-11-23T06:05:09.123456789Z', '14:05:09'],
    // It is still the 23rd in London, but the 24th in Shanghai.
    ['2026-11-22T15:59:59Z', '11-22 23:59:59'],
    ['2026-11-22T16:00:00Z', '00:00:00'],
    ['2025-12-31T15:00:00Z', '2025-12-31 23:00:00'],
    ['nonsense', '–'],
  ])('%s', (utc, text) => {
    expect(clockTime(utc, now, 'Asia/Shanghai')).toBe(text)
  })

  it('writes the full time in the zone asked for', () => {
    expect(fullTime('2026-11-23T16:30:00Z', 'Asia/Shanghai')).toBe('2026-11-24 00:30:00')
    expect(fullTime('2026-11-23T16:30:00Z', 'UTC')).toBe('2026-11-23 16:30:00')
    expect(fullTime('')).toBe('–')
  })

  it('never counts backwards when the clock of a box is ahead', () => {
    expect(secsBetween('2026-11-23T08:00:10Z', now)).toBe(0)
    expect(secsBetween('2026-11-23T07:59:50Z', now)).toBe(10)
  })
})

describe('numbers', () => {
  it('rounds as people read', () => {
    expect(percent(0.834)).toBe('83%')
    expect(percent(1.2)).toBe('100%')
    expect(percent(-1)).toBe('0%')
    expect(plain(84.24)).toBe('84.2')
    expect(plain(12)).toBe('12')
  })

  it('knows what a threshold counts', () => {
    expect(unitOf('crowd')).toBe('people')
    expect(unitOf('running')).toBe('bh_s')
    expect(unitOf('something_new')).toBe('secs')
  })
})
