import { serveThread } from "../../../src/runtime/thread_entry.ts";

serveThread((runtime, port) => {
  let credit = 0;
  let sent = 0;
  port.receive((message) => {
    const order = message as { do: string; count?: number };
    switch (order.do) {
      case "throw":
        throw new Error("planned throw");
      case "reject":
        void Promise.reject(new Error("planned rejection"));
        break;
      case "exit":
        runtime.process.exit(3);
        break;
      case "loop":
        for (;;);
      case "echo":
        port.post(message);
        break;
      case "credit":
        credit += order.count ?? 0;
        while (credit > 0) {
          credit--;
          port.post({ number: sent++ });
        }
        break;
      case "transfer": {
        const bytes = new Uint8Array(1_000).fill(7);
        port.post({ bytes }, [bytes.buffer]);
        port.post({ left: bytes.length });
        break;
      }
    }
  });
});
