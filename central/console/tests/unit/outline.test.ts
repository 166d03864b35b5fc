import { describe, expect, it } from 'vitest'
import { boundsOf, fit, nearby, ringsOf } from '@/parts/org/outline'

const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings })
const square = [
  [111, 30],
  [111.01, 30],
  [111.01, 30.01],
  [111, 30.01],
  [111, 30],
]
const hole = square.map(([lon = 0, lat = 0]) => [111.005 + (lon - 111.005) / 2, 30.005 + (lat - 30.005) / 2])

describe('rings', () => {
  it('are those of polygons, holes too', () => {
    expect(ringsOf(polygon(square, hole))).toHaveLength(2)
    expect(ringsOf({ type: 'MultiPolygon', coordinates: [[square], [hole]] })).toHaveLength(2)
  })

  it.each([[null], [{ type: 'Point', coordinates: [1, 2] }], [{ type: 'Polygon', coordinates: 'x' }], [polygon([[1, 2]])]])(
    'of %o are none',
    (geometry) => {
      expect(ringsOf(geometry)).toEqual([])
      expect(boundsOf([geometry])).toBeNull()
    },
  )
})

describe('a fitted outline', () => {
  const bounds = boundsOf([polygon(square)])
  if (bounds === null) throw new Error('the square has bounds')
  const sheet = fit(bounds, 640, 360, 20)

  it('touches the margins in one direction and stands in the middle of the other', () => {
    const [low, high] = [sheet.at(111, 30), sheet.at(111.01, 30.01)]
    expect(low.y).toBe(340)
    expect(high.y).toBe(20)
    expect(low.x + high.x).toBeCloseTo(640, 0)
  })

  it('keeps the proportions of the ground: at 30° a degree east is .866 of one north', () => {
    const [low, high] = [sheet.at(111, 30), sheet.at(111.01, 30.01)]
    expect((high.x - low.x) / (low.y - high.y)).toBeCloseTo(0.866, 2)
    expect(sheet.metres.up).toBeCloseTo(1112, 0)
    expect(sheet.metres.across).toBeCloseTo(963, 0)
  })

  it('is one closed path for each ring', () => {
    expect(sheet.path(polygon(square, hole)).match(/M[^MZ]+Z/g)).toHaveLength(2)
    expect(sheet.path(null)).toBe('')
  })

  it('survives an outline without width', () => {
    const point = fit({ west: 111, east: 111, south: 30, north: 30 }, 640, 360, 20)
    expect(point.at(111, 30)).toEqual({ x: 320, y: 180 })
  })

  it('has what lies beside it nearby', () => {
    expect(nearby(bounds, 111.0105, 30.005)).toBe(true)
    expect(nearby(bounds, 111.02, 30.005)).toBe(false)
  })
})
