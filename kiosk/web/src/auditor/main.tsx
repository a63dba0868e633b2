// The auditor's page: one file that opens from a disk, with or without the package inside it.

import "../polyfills";
import "./style.css";
import "./verdict.css";
import "./print.css";
import { render } from "preact";
import { useLanguage } from "../text/t";
import { App } from "./app";
import { embeddedZip } from "./embedded";

useLanguage("zh");
render(<App embedded={embeddedZip} />, document.getElementById("app")!);
