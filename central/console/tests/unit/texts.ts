// Tests read the words that people read.
import '@/residents/texts'
import '@/texts'
