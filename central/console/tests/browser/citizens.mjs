// A file of residents to try things with. They are nobody: their numbers are right, but no office gives such.

export const GRID = '420502001001001'
export const TELEPHONE = '13800000000'

/** The place's day, which is ahead of UTC's, so many days from now and so many years ago. */
function day(days, years = 0) {
  const here = new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10)
  return `${Number(here.slice(0, 4)) - years}${here.slice(4)}`
}

/** A number that is right (GB 11643) and nobody's: no office gives the sequence 000. */
function idNumber(region, born) {
  const digits = `${region}${born.replaceAll('-', '')}000`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0)
  return digits + '10X98765432'[sum % 11]
}

/** Of somebody who turns 60 in 20 days. */
export const sixty = idNumber('420502', day(20, 60))
const young = idNumber('420502', '1990-03-05')
/** The last character is not the one that the others come to. */
const wrong = idNumber('420502', '1950-07-01').replace(/.$/, (last) => (last === '1' ? '2' : '1'))

const HEADINGS = '姓名,公民身份号码,联系电话,网格编码,现住址,户籍地代码,居住起始日期,出生日期'
const ROWS = [
  `王秀某,${sixty},${TELEPHONE},${GRID},示例路1号1栋101室,420502,2010-01-01,`,
  `错某,${wrong},13900000000,${GRID},示例路1号1栋102室,420502,2010-01-01,`,
  // the household book has another day of birth
  `李某,${young},13700000000,${GRID},示例路1号1栋103室,420502,2015-06-01,1990-03-06`,
]
/** Line of the bad row: the headings are line 1. */
export const BAD = 3
export const FILE = { name: '居民.csv', mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${[HEADINGS, ...ROWS].join('\r\n')}\r\n`) }
