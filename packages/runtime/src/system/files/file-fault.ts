import { showPath } from '@gradloom/core/internal';

/** Makes an error about a file: '<where>: <path> has ..., expected ...'. */
export type FileFault = (has: string, expected: string, cause?: unknown) => Error;

/** Makes errors about the file at `path`, in the function `where`. The path may be one that its reader will refuse. */
export const faultOf =
  (where: string, path: string): FileFault =>
  (...problem) =>
    faultAbout(`${where}: ${showPath(path)}`)(...problem);

/** Makes errors about a part of a file, which `subject` names. */
export const faultAbout =
  (subject: string): FileFault =>
  (has, expected, cause) =>
    new Error(`${subject} has ${has}, expected ${expected}`, cause === undefined ? {} : { cause });
