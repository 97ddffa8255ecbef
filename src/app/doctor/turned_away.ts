/** What to do about a venue that does not answer as it should, by the status it gave; none where nothing came. */
export function todoOf(url: string, setting: string, status: number | undefined): string {
  const { host, protocol } = new URL(url);
  const page = `${protocol.startsWith("ws") ? protocol.replace("ws", "http") : protocol}//${host}/`;
  switch (status) {
    case undefined:
      return `Look from this machine: \`curl -v ${page}\`. No name: DNS. No connection: a firewall, or a proxy that has to let ${host} ` +
        `through. Else ${setting} names the wrong host.`;
    case 418:
    case 429:
      return "Wait as long as it says: every request before that makes it longer. Run fewer programs on this address.";
    case 403:
    case 451:
      return `The venue does not serve this address or country: use another machine, or set ${setting} to a host that serves it.`;
    default:
      return status >= 500
        ? `The venue has trouble of its own: try again in some minutes, or set ${setting} to another of its hosts.`
        : `${setting} does not name this venue's interface, or something on the way answers in its place.`;
  }
}
