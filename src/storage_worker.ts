import { serveStorage } from "./processing/storage/storage_thread.ts";
import { serveThread } from "./runtime/thread_entry.ts";

serveThread(serveStorage);
