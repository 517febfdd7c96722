// @octokit/webhooks: signature, parse, a handler that does nothing. Stores nothing.
//     node octokit.mjs SECRET_FILE     prints the URL it listens at
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: readFileSync(process.argv[2], "utf8").trim() });
webhooks.on("issues.opened", () => {});
const server = createServer(createNodeMiddleware(webhooks, { path: "/webhooks/github" }));
server.listen(0, "127.0.0.1", () => console.log(`listening at http://127.0.0.1:${server.address().port}`));
