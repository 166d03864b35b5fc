// A small town to try things in: its files, as an administrator imports them.

/** From the city down to two grids. */
export const REGIONS = `区划代码,名称
4205,宜昌市
420502,西陵区
420502001,西陵街道
420502001001,土街头社区
420502001001001,第一网格
420502001001002,第二网格
`
const square = (west, south) => [
  [west, south],
  [west + 0.002, south],
  [west + 0.0023, south + 0.0012],
  [west + 0.002, south + 0.002],
  [west, south + 0.002],
  [west, south],
]
const feature = (code, ring) => ({
  type: 'Feature',
  properties: { code },
  geometry: { type: 'Polygon', coordinates: [ring] },
})
/** Of both grids. */
export const OUTLINES = {
  type: 'FeatureCollection',
  features: [
    feature('420502001001001', square(111.286, 30.691)),
    feature('420502001001002', square(111.284, 30.691)),
  ],
}
/** Of one box: at a gate, in the hall beside it, where old people live, and one that nobody has placed exactly. */
export const CAMERAS = `网关,摄像机,所属网格,经度,纬度,部位,相邻摄像机
gw-0001,gate-east,420502001001001,111.2865,30.6919,出入口,gw-0001/hall
gw-0001,hall,,111.2871,30.6921,楼道,
gw-0001,care,420502001001002,111.2851,30.6921,养老场所,
gw-0001,yard,420502001001001,,,,
`
/** Two kinds of events. */
export const CATALOGUE = `代码,大类,中类,小类,处理机制,处置时限,事件类型
010203,公共安全,人身安全,人员倒地,突发性,2h,倒地
020101,市容环境,市容,乱堆物料,一般性,2wd,物品遗留
`
