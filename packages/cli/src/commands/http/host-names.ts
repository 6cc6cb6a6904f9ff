import { option, show } from '@gradloom/core/internal';

/** Whether a request may name this host, such as `localhost:8080`. `address` is the local address of its connection. */
export type HostCheck = (authority: string, address?: string) => boolean;

/**
 * Allows loopback names, the address of the connection, and `names`; `.example.com` allows all names below it. A page
 * with any other name belongs to another site, even if the name leads to this server (DNS rebinding).
 */
export function createHostCheck(names: readonly string[]): HostCheck {
  const allowedNames = names.map(hostOfName);
  const allowedEndings = allowedNames.filter((name) => name?.startsWith('.')) as string[];
  const allows = (authority: string, address: string): boolean => {
    const host = hostOf(authority);
    if (host === undefined) return false;
    if (
      LOOPBACK_NAMES.test(host) ||
      allowedNames.includes(host) ||
      allowedEndings.some((ending) => host.endsWith(ending))
    )
      return true;
    // A dual-stack socket writes ::ffff:10.0.0.1, and %eth0 follows an address that is unique on one link only.
    return host === hostOfName(address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*/, ''));
  };
  // Most requests repeat the last allowed host: parsing it takes 3 µs.
  let lastAllowed: readonly [authority?: string, address?: string] = [];
  return (authority, address = '') => {
    if (authority === lastAllowed[0] && address === lastAllowed[1]) return true;
    if (!allows(authority, address)) return false;
    lastAllowed = [authority, address];
    return true;
  };
}

/** Whether the name or address is loopback. */
export const isLoopback = (name: string): boolean => LOOPBACK_NAMES.test(hostOfName(name) ?? '');

/** Loopback. Browsers resolve `localhost` and the names below it without asking the network. */
const LOOPBACK_NAMES = /^(\[::1\]|127(\.\d+){3}|(.+\.)?localhost)$/;

/** Names and addresses, separated by commas or in repeated flags. */
export const hostNames = option.kind(
  (_where, name, raw): readonly string[] => {
    const names = [raw].flat().flatMap((entry) => String(entry).split(','));
    const bad = names.find((entry) => hostOfName(entry) === undefined);
    if (bad === undefined) return names;
    throw new Error(`${name} has ${show(bad)}, expected a name or an address without a port, such as gpu.example.com`);
  },
  { repeats: true },
);

/** A name or address in the form that URLs use, given with or without brackets. Undefined if it is neither. */
function hostOfName(name: string): string | undefined {
  const hostName = name.replace(/^\[(.*)\]$/, '$1');
  return hostOf(hostName.includes(':') ? `[${hostName}]` : hostName);
}

/** The host of an authority in the form that URLs use: `LOCALHOST.:8080` is `localhost`. Undefined if it has none. */
function hostOf(authority: string): string | undefined {
  const url = `http://${authority}`;
  // These characters end a host or start another part of a URL, and * would look like a wildcard.
  if (/[\s/\\?#@%*]/.test(authority) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/\.$/, '') || undefined;
}
