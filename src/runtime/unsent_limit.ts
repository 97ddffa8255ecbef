import * as fs from "node:fs";

/** Of the C library; 0 = done. */
export interface SocketCalls {
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
}

const DESCRIPTORS = "/proc/self/fd";
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30; // the socket listens
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;
const ADDRESS_BYTES = 128; // sockaddr_storage

/**
 * On Linux, every connection that whoever listens on that port accepts from now on holds no more in the kernel than so many bytes which its
 * peer has no room for. The kernel would take four megabytes for a peer that never reads; one that reads is as fast as before, because
 * what is on its way to it does not count. A connection has it from the socket that accepted it, whose descriptor node:net does not tell.
 */
export function limitUnsent(calls: SocketCalls, port: number, bytes: number): void {
  for (const fd of fs.readdirSync(DESCRIPTORS).map(Number)) {
    if (listens(calls, fd) && portOf(calls, fd) === port) calls.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, intBytes(bytes), 4);
  }
}

function listens(calls: SocketCalls, fd: number): boolean {
  const value = intBytes(0);
  return calls.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, intBytes(4)) === 0 && value.some((byte) => byte !== 0);
}

/** At the same place for IPv4 and IPv6. */
function portOf(calls: SocketCalls, fd: number): number | undefined {
  const address = new Uint8Array(ADDRESS_BYTES);
  return calls.getsockname(fd, address, intBytes(ADDRESS_BYTES)) === 0 ? new DataView(address.buffer).getUint16(2) : undefined;
}

/** As Linux's machines have it: the low byte first. */
function intBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
