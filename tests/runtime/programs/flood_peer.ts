/** Serves `count` numbered messages to whoever connects, as fast as they are taken. Prints its URL. */
import process from "node:process";
import { frame, TEXT, withPeer } from "../support.ts";

const count = Number(process.argv[2]);
await withPeer(({ socket, accept }) => {
  socket.write(accept);
  let next = 0;
  const some = () => {
    while (next < count) {
      const texts: Buffer[] = [];
      for (let i = 0; i < 500 && next < count; i++) texts.push(frame(TEXT, `${next++} ${"x".repeat(100)}`));
      if (!socket.write(Buffer.concat(texts))) return void socket.once("drain", some);
    }
  };
  some();
}, async (url) => {
  console.log(url);
  await new Promise((resolve) => process.stdin.on("end", resolve).resume());
});
process.exit(0);
