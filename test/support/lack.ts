/** Why a test was skipped: what the machine lacks. */
export interface Lack {
  readonly what: string;
  readonly why: string;
  readonly install: string | null; // null: nothing helps on this machine
}

declare module 'vitest' {
  interface TaskMeta {
    lacks?: readonly Lack[];
  }
}
