export { InvalidObjectivesError } from './invalid-objectives-error.ts'
export type { Objectives } from './objectives.ts'
export { examineObjectives, readObjectives, SLO_FILE } from './read-objectives.ts'
