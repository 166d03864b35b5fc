// Tests read the words that people read.
import '@/texts'
