// Outlines of regions as paths of an SVG. Pure.
import type { Geometry } from '@/api/org'

type Point = [number, number]
type Ring = Point[]

/** Longitudes and latitudes. */
export interface Bounds {
  west: number
  south: number
  east: number
  north: number
}

/** Metres of a degree of latitude. */
const DEGREE_M = 111_195

/** All rings of a Polygon or MultiPolygon; what is neither, or broken, has none. */
export function ringsOf(geometry: Geometry | null): Ring[] {
  if (geometry === null || !Array.isArray(geometry.coordinates)) return []
  const { type, coordinates } = geometry
  const polygons: unknown[] = type === 'MultiPolygon' ? coordinates : type === 'Polygon' ? [coordinates] : []
  const rings: Ring[] = []
  for (const polygon of polygons) {
    if (!Array.isArray(polygon)) continue
    for (const ring of polygon) if (Array.isArray(ring)) rings.push(ring.filter(isPoint))
  }
  return rings.filter((ring) => ring.length > 2)
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1])
}

export function boundsOf(geometries: (Geometry | null)[]): Bounds | null {
  let bounds: Bounds | null = null
  for (const [lon, lat] of geometries.flatMap(ringsOf).flat()) {
    bounds ??= { west: lon, south: lat, east: lon, north: lat }
    bounds.west = Math.min(bounds.west, lon)
    bounds.east = Math.max(bounds.east, lon)
    bounds.south = Math.min(bounds.south, lat)
    bounds.north = Math.max(bounds.north, lat)
  }
  return bounds
}

/** Whether a point lies within the bounds, or beside them by a tenth of their size. */
export function nearby({ west, south, east, north }: Bounds, lon: number, lat: number): boolean {
  const [dx, dy] = [(east - west) / 10, (north - south) / 10]
  return lon >= west - dx && lon <= east + dx && lat >= south - dy && lat <= north + dy
}

export interface Sheet {
  /** Path of all its rings; holes stay holes with `fill-rule="evenodd"`. */
  path(geometry: Geometry | null): string
  at(lon: number, lat: number): { x: number; y: number }
  /** From west to east and from south to north. */
  metres: { across: number; up: number }
}

/**
 * Fits the bounds into a picture, as big as it gets and in its middle. A degree of longitude is shortened to what it
 * is at this latitude, so that a square block of houses looks square.
 */
export function fit(bounds: Bounds, width: number, height: number, margin: number): Sheet {
  const middle = { lon: (bounds.west + bounds.east) / 2, lat: (bounds.south + bounds.north) / 2 }
  const squeeze = Math.cos((middle.lat * Math.PI) / 180)
  const across = (bounds.east - bounds.west) * squeeze
  const up = bounds.north - bounds.south
  const scales = [(width - 2 * margin) / across, (height - 2 * margin) / up].filter(Number.isFinite)
  const scale = scales.length === 0 ? 1 : Math.min(...scales)
  const at = (lon: number, lat: number) => ({
    x: round(width / 2 + (lon - middle.lon) * squeeze * scale),
    y: round(height / 2 - (lat - middle.lat) * scale),
  })
  const path = (geometry: Geometry | null) =>
    ringsOf(geometry)
      .map((ring) => {
        const corners = ring.map(([lon, lat]) => at(lon, lat)).map(({ x, y }) => `${x} ${y}`)
        return `M${corners.join('L')}Z`
      })
      .join('')
  return { path, at, metres: { across: across * DEGREE_M, up: up * DEGREE_M } }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
