import { serveHistory } from "./processing/pts/history_thread.ts";
import { serveThread } from "./runtime/thread_entry.ts";

serveThread(serveHistory);
