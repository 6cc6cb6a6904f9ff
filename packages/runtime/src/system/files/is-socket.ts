import { fstatSync } from 'node:fs';

/** Whether this is the number of an open file of this process that is a socket. */
export function isSocket(descriptor: number): boolean {
  if (!Number.isInteger(descriptor)) return false;
  try {
    // With big integers: without them, Node takes the links of packages that it loads right behind this for their
    // places.
    return fstatSync(descriptor, { bigint: true }).isSocket();
  } catch {
    return false; // it is closed
  }
}
