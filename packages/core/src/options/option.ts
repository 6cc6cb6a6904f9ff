/** The value, if it is a valid one. @throws OptionError "<where>: <name> has <value>, expected <wanted>". */
export type Check<T> = (where: string, name: string, value: unknown) => T;

/** One option. */
export interface Option<T, Standard extends T | undefined> {
  /** Its check, which also says its type. */
  readonly check: Check<T>;
  /** Its default; undefined if it has none, or one that depends on more than the options. */
  readonly standard: Standard;
  /** Its help line. '{}' stands for the members of a family that share the line. */
  readonly help: string | undefined;
  /** How help writes a default that is not a value. */
  readonly shown: string | undefined;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown, unknown>>>;

/**
 * The options a caller may give. Each keeps the comment that stands above it in the table. Public options are an
 * interface that extends this type, so that messages of the compiler have a name for them; a table that several share
 * has an interface of its own, since comments reach a declaration file only from the same source file.
 */
export type OptionsOf<T extends OptionTable> = { [K in keyof T]?: ReturnType<T[K]['check']> };

/** The options a function reads. Those without a default may be undefined. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: ReturnType<T[K]['check']> | (undefined extends T[K]['standard'] ? undefined : never);
};
