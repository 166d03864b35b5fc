// Files to import: which columns they have, what a template looks like, when one may be written. Pure.
import type { ImportKind, ImportReport } from '@/api/org'
import type { Lang } from '@/format'
import { csv } from '../csv'

interface Column {
  /** As the centre calls it. */
  name: string
  /** The same in Chinese; both are headings that the centre takes. */
  zh: string
  optional?: boolean
}

/** GeoJSON has no columns. */
export const COLUMNS: Record<ImportKind, Column[]> = {
  regions: [
    { name: 'code', zh: '区划代码' },
    { name: 'name', zh: '名称' },
  ],
  cameras: [
    { name: 'edge', zh: '网关' },
    { name: 'camera', zh: '摄像机' },
    { name: 'region', zh: '所属网格', optional: true },
    { name: 'lon', zh: '经度', optional: true },
    { name: 'lat', zh: '纬度', optional: true },
    { name: 'kind', zh: '部位', optional: true },
    { name: 'adjacent', zh: '相邻摄像机', optional: true },
  ],
  posts: [
    { name: 'user', zh: '用户名' },
    { name: 'role', zh: '岗位' },
    { name: 'region', zh: '辖区', optional: true },
    { name: 'full_name', zh: '姓名', optional: true },
    { name: 'unit', zh: '单位', optional: true },
    { name: 'phone', zh: '电话', optional: true },
  ],
  resources: [
    { name: 'kind', zh: '类别' },
    { name: 'name', zh: '名称' },
    { name: 'region', zh: '辖区' },
    { name: 'lon', zh: '经度', optional: true },
    { name: 'lat', zh: '纬度', optional: true },
    { name: 'phone', zh: '电话', optional: true },
    { name: 'note', zh: '备注', optional: true },
  ],
  outlines: [],
  duties: [
    { name: 'user', zh: '用户名' },
    { name: 'role', zh: '岗位' },
    { name: 'region', zh: '辖区' },
    { name: 'from', zh: '开始日期' },
    { name: 'until', zh: '结束日期' },
    { name: 'start', zh: '上班' },
    { name: 'end', zh: '下班' },
    { name: 'weekdays', zh: '星期', optional: true },
    { name: 'behaviors', zh: '事件类型', optional: true },
    { name: 'place', zh: '次序', optional: true },
  ],
  catalogue: [
    { name: 'code', zh: '代码' },
    { name: 'large', zh: '大类' },
    { name: 'middle', zh: '中类' },
    { name: 'small', zh: '小类' },
    { name: 'class', zh: '处理机制', optional: true },
    { name: 'handle', zh: '处置时限', optional: true },
    { name: 'behaviors', zh: '事件类型', optional: true },
  ],
  // TOML has none either.
  plans: [],
}

export const RESOURCE_WORDS = 'AED、医院、派出所、微型消防站、灭火器、物业、值班人员、避难场所、其他'

/** Words for kinds of places, classes and roles that a file may use besides the English names. */
export const PLACE_WORDS =
  '出入口、楼道、电梯、广场、道路、停车场、周界、养老场所、学校、医院、商场、车站、机关、重要设施、水边、其他'
export const CLASS_WORDS = '一般性、协调性、突发性、审批性'
export const ROLE_WORDS = '系统管理员、值班员、受理员、派遣员、网格员、核查员、综治办、安装维护员、审计员'

/** What the hint of each kind names. */
export const HINT_WORDS: Record<ImportKind, string> = {
  regions: '',
  outlines: '',
  cameras: PLACE_WORDS,
  posts: ROLE_WORDS,
  duties: ROLE_WORDS,
  catalogue: CLASS_WORDS,
  resources: RESOURCE_WORDS,
  plans: '',
}

/** Rows that show how each column is meant. */
const EXAMPLES: Record<ImportKind, string[][]> = {
  regions: [
    ['420502', '示例区'],
    ['420502001', '示例街道'],
    ['420502001001', '示例社区'],
    ['420502001001001', '第一网格'],
  ],
  cameras: [
    ['gw-0001', 'gate-east', '420502001001001', '111.2865', '30.6919', '出入口', 'gw-0001/hall gw-0002/gate'],
    ['gw-0001', 'hall', '', '111.2867', '30.6921', '楼道', ''],
  ],
  posts: [
    ['wang', '值班员', '420502001001', '王某', '示例社区安保室', '13800000000'],
    ['wang', '受理员', '420502001001', '王某', '示例社区安保室', '13800000000'],
  ],
  resources: [
    ['AED', '社区服务站 AED', '420502001001', '111.2865', '30.6919', '', '一楼门厅'],
    ['派出所', '示例派出所', '420502001', '', '', '110', ''],
  ],
  outlines: [],
  duties: [
    ['wang', '值班员', '420502001001', '2026-11-01', '2026-11-30', '20:00', '08:00', '1-5', '', '1'],
    ['li', '值班员', '420502001001', '2026-11-01', '2026-11-30', '08:00', '20:00', '6 7', '倒地 人群聚集', '2'],
  ],
  catalogue: [
    ['010203', '公共安全', '人身安全', '人员倒地', '突发性', '2h', '倒地'],
    ['010301', '公共安全', '治安', '可疑人员徘徊', '一般性', '1wd', '徘徊 区域入侵'],
  ],
  plans: [],
}

const PLAN = `[[plan]]
id = "fall-here"
title = { zh = "本社区倒地预案", en = "Falls here" }
behaviors = ["fall"]
places = ["stairwell"]
severity = 2
region = "420502001001"

[[plan.step]]
zh = "看画面确认"
required = true
deadline_secs = 60
role = "operator"

[[plan.step]]
zh = "通知网格员到场，带上 AED"
role = "operator"
`

const SQUARE = [
  [111.286, 30.691],
  [111.288, 30.691],
  [111.288, 30.693],
  [111.286, 30.693],
  [111.286, 30.691],
]

export interface Template {
  file: string
  type: string
  text: string
}

export function template(kind: ImportKind, lang: Lang): Template {
  if (kind === 'outlines') {
    const feature = {
      type: 'Feature',
      properties: { code: '420502001001001', name: '第一网格' },
      geometry: { type: 'Polygon', coordinates: [SQUARE] },
    }
    const text = JSON.stringify({ type: 'FeatureCollection', features: [feature] }, null, 2)
    return { file: 'outlines.geojson', type: 'application/geo+json', text }
  }
  if (kind === 'plans') return { file: 'plans.toml', type: 'application/toml', text: PLAN }
  const headings = COLUMNS[kind].map(({ name, zh }) => (lang === 'en' ? name : zh))
  return { file: `${kind}.csv`, type: 'text/csv', text: csv([headings, ...EXAMPLES[kind]]) }
}

/** Larger ones do not fit into a request, base64 and all. */
export const MOST_BYTES = 17 * 1024 * 1024

/** The file as it was read when it was chosen: what was tried and what is written are the same bytes. */
export interface Chosen {
  name: string
  bytes: number
  /** Base64. */
  content: string
}

export interface Tried {
  kind: ImportKind
  file: Chosen
  report: ImportReport
}

/** Whether it may be written: this very file was tried, nothing is wrong with it, and it has not been written yet. */
export function mayApply(kind: ImportKind, file: Chosen | null, tried: Tried | null): boolean {
  if (file === null || tried === null || tried.kind !== kind || tried.file !== file) return false
  const { applied, problems } = tried.report
  return !applied && problems.length === 0 && tried.report.new + tried.report.changed > 0
}

/** What there is to say of a report. */
export function verdictOf(report: ImportReport): 'applied' | 'problems' | 'nothing' | 'ready' {
  if (report.applied) return 'applied'
  if (report.problems.length > 0) return 'problems'
  return report.new + report.changed === 0 ? 'nothing' : 'ready'
}

/** `data:text/csv;base64,Y29k…` → `Y29k…`; an empty file has no comma-separated part in some browsers. */
export function base64Of(dataUrl: string): string {
  const comma = dataUrl.indexOf(',')
  return comma < 0 ? '' : dataUrl.slice(comma + 1)
}
