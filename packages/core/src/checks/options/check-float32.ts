import { OptionError } from '../option-error.ts';
import { show } from '../show.ts';
import type { Check, MemberTables } from './option.ts';

/**
 * Returns the number if the float that it is rounded to is finite, is 0 only if the number is, and is still valid for
 * its option.
 * @throws OptionError "<where>: <about> has <value>, expected a number that float32 does not round to <float>".
 */
export function checkFloat32(
  where: string,
  path: string,
  value: number,
  check: Check<unknown> = (_where, _name, float) => float,
  about = path,
): number {
  const float = Math.fround(value);
  const isInRange = Number.isFinite(float) && (float !== 0 || value === 0);
  if (isInRange && passes(check, float)) return value;
  throw new OptionError(
    where,
    path,
    `has ${show(value)}, expected a number that float32 does not round to ${show(float)}`,
    { about },
  );
}

function passes(check: Check<unknown>, value: number): boolean {
  try {
    check('', '', value);
    return true;
  } catch (error) {
    if (error instanceof OptionError) return false;
    throw error;
  }
}

/**
 * Applies `checkFloat32` to every number of a member's spec, nested members included; `about` names their owner where
 * the kind alone does not say it. A member of a user's own rounds its numbers itself.
 */
export function checkSpecFloat32(
  where: string,
  path: string,
  spec: unknown,
  members: MemberTables,
  about?: string,
): void {
  // A name has default options, which float32 keeps.
  if (typeof spec !== 'object' || spec === null || !('kind' in spec)) return;
  const { kind, ...options } = spec as { readonly kind: unknown; readonly [name: string]: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(members, kind)) return;
  for (const [name, { check, members: memberTables }] of Object.entries(members[kind])) {
    const value = options[name];
    const [memberWhere, subject] = about === undefined ? [`${where}: ${kind}`, name] : [where, `${about}: ${name}`];
    if (memberTables !== undefined) checkSpecFloat32(memberWhere, `${path}.${name}`, value, memberTables, subject);
    else if (typeof value === 'number') checkFloat32(memberWhere, `${path}.${name}`, value, check, subject);
  }
}
