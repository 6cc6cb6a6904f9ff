import { OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';
import { customParts } from './custom-parts.ts';
import { camelCase, kebabCase } from './flags-of.ts';
import { describeOption } from './name-flag.ts';
import { readValue } from './option.ts';
import { isRecord, tryJson } from './read-object.ts';

/** A member of a family and its options, as a spec of core. */
export interface Member {
  kind: string;
  [option: string]: unknown;
}

/**
 * Parses a member of a family: its name, or 'name:option=value,option=value'; in a config file also { kind: name,
 * option: value }. `create` checks the options.
 */
export const memberOf = <Spec>(
  table: object,
  create: (spec: Spec) => unknown,
  family?: 'losses' | 'initializers' | 'schedules', // of which --module may have more
): option.Kind<Exclude<Spec, string> & Member> =>
  option.kind(
    (_where, name, raw) => {
      const member = parseMember(name, raw, { ...table, ...(family === undefined ? {} : customParts()?.[family]) });
      assertSpec(name, member, create);
      return member;
    },
    { choices: Object.keys(table) },
  );

/** The parts of 'name:option=value', options in kebab-case too. @throws Error where the name is not in the table. */
export function parseMember(name: string, text: unknown, table: object): Member {
  const raw = typeof text === 'string' && text.startsWith('{') ? (tryJson(text) ?? text) : text;
  const kindOf = (word: unknown) => readValue(option.oneOf(table), name, word);
  if (typeof raw === 'object' && raw !== null && 'kind' in raw) {
    const member = { ...raw, kind: kindOf(raw.kind) };
    for (const [key, value] of Object.entries(member)) {
      if (typeof value === 'number' && !Number.isFinite(value)) throw notFinite(name, member.kind, key, value);
    }
    return member;
  }
  if (typeof raw !== 'string') return { kind: kindOf(raw) };
  const colon = raw.indexOf(':');
  const kind = kindOf(colon === -1 ? raw : raw.slice(0, colon));
  const member: Member = { kind };
  if (colon === -1) return member;
  for (const part of raw.slice(colon + 1).split(',')) {
    const [, key, value] = /^\s*([\w-]+)=(.*)$/.exec(part) ?? [];
    if (key === undefined || key === 'kind') {
      throw new Error(`${name} has ${show(raw)}, expected ${kind}:option=value,option=value`);
    }
    if (option.isTooLarge(value.trim())) {
      throw notFinite(name, kind, key, value.trim());
    }
    if (Object.hasOwn(member, camelCase(key))) {
      throw new Error(`${name} ${kind}: option ${show(key)} is given twice, expected once`);
    }
    member[camelCase(key)] = value === 'true' ? true : value === 'false' ? false : option.numeric(value.trim());
  }
  return member;
}

const notFinite = (name: string, kind: string, option: string, value: unknown): Error =>
  new Error(`${name} ${kind}: ${kebabCase(option)} has ${value}, expected a finite number`);

/** The inverse of `parseMember`: JSON if an option is an object. */
export function formatMember({ kind, ...options }: Member): string {
  if (Object.values(options).some(isRecord)) return JSON.stringify({ kind, ...options });
  const parts = Object.entries(options).map(([option, value]) => `${kebabCase(option)}=${value}`);
  return parts.length === 0 ? kind : `${kind}:${parts.join(',')}`;
}

/** 'adam:lr=0.01, lr-of 0=0.1,encoder=0': a member for people to read, with the flags of numbers by layer. */
export function describeMember({ kind, ...options }: Member): string {
  const entries = Object.entries(options);
  const scalars = formatMember({ kind, ...Object.fromEntries(entries.filter(([, value]) => !isRecord(value))) });
  const lists = entries.flatMap(([option, value]) =>
    isRecord(value) ? [`${kebabCase(option)} ${Object.entries(value).map((pair) => pair.join('='))}`] : [],
  );
  return [scalars, ...lists].join(', ');
}

/** A value as it is typed. */
export function formatValue(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.some((entry) => typeof entry === 'string' && entry.includes(','))) return JSON.stringify(value);
    return value.length === 0 ? 'none' : value.join(',');
  }
  if (isMember(value)) return formatMember(value);
  if (!isRecord(value)) return String(value);
  const entries = Object.entries(value);
  // Losses by target, where JSON is not needed to tell the names of targets from losses and options.
  const isPlain = ([name, member]: [string, unknown]) => /^[^\s,:={][^,:=]*$/.test(name) && isMember(member);
  return entries.length > 0 && entries.every(isPlain)
    ? entries.map(([name, member]) => `${name}=${formatMember(member as Member)}`).join(',')
    : JSON.stringify(value);
}

const isMember = (value: unknown): value is Member => isRecord(value) && typeof value.kind === 'string';

/** Rewrites an error of a family about an option: it names the flag and the member, not the function of the family. */
export const inMember = (name: string, member: Member, error: unknown): unknown =>
  error instanceof OptionError
    ? new Error(describeOption([{ name, value: member }], error.inside(member.kind)), { cause: error })
    : error;

/** Creates the member, since its family then checks its options. Errors name the flag, see `inMember`. */
function assertSpec<Spec>(
  name: string,
  member: Member,
  create: (spec: Spec) => unknown,
): asserts member is Exclude<Spec, string> & Member {
  try {
    create(member as Spec);
  } catch (error) {
    throw inMember(name, member, error);
  }
}
