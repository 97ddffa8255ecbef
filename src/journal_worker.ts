import { serveJournal } from "./processing/journal/journal_thread.ts";
import { serveThread } from "./runtime/thread_entry.ts";

serveThread(serveJournal);
