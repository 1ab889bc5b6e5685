/** What is wrong with a file's content; `readMat` adds its path. */
export class Damaged extends Error {}
