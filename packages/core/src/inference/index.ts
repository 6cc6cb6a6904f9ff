export { checkEncoding, flattenAdvice } from './check-encoding.ts';
export {
  assembleModel,
  checkModel,
  type Lengths,
  type Model,
  type ModelContents,
  type ModelEngine,
  type ModelMetadata,
  writerOf,
} from './model.ts';
export { MODEL_KINDS, modelOf, openModel, PARAMETERS } from './open-model.ts';
export type {
  AnyRows,
  CellRows,
  ListedRows,
  NestedRows,
  NoteListener,
  PixelRows,
  Rows,
  TextRows,
  WindowRows,
} from './rows.ts';
export {
  createWriter,
  type Draft,
  type GenerateOptions,
  generateOptions,
  type Sampling,
  sampleToken,
  type Writer,
} from './writing/index.ts';
