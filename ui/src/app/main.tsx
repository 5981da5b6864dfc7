import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "../api/problem";
import "../look/tokens.css";
import "../look/base.css";
import "../look/shell.css";
import "../look/parts.css";
import "../look/table.css";
import "../look/pages.css";
import "../look/measure.css";
import "../look/agreed.css";
import { App } from "./App";
import { noteReachable } from "./live";

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      const problem = Problem.of(error);
      noteReachable(!problem.isAway);
      // The session ended under us: look for it again, which leads to the door.
      if (problem.status === 401 && !query.meta?.["door"]) void queries.invalidateQueries({ queryKey: ["session"] });
    },
    onSuccess: () => noteReachable(true),
  }),
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 1 && Problem.of(error).status >= 500,
      networkMode: "always",
      staleTime: 1000,
    },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
