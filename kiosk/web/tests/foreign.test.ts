import { expect, test } from "vitest";
import { foreignKind } from "../src/rules/foreign";

// The same samples as tests/support/foreign.py: server and till call them alike.
const KINDS: [string, string | null][] = [
  ["134567890123456789", "wechat"],
  ["281234567890123456", "alipay"],
  ["6212345678901234567", "unionpay"],
  ["wxp://f2f0987654321098", "wechat"],
  ["11010519491231002X", "id_card"],
  ["110105194912310021", "wechat"],
  ["34052419800101001X", "id_card"],
  ["4012888888881881", "bank_card"],
  ["6901234567892", "goods"],
  ["13800138000", "phone_number"],
  ["https://jkm.example.cn/c?id=330109876543", "health_code"],
  ["HC1:6BF+70790T9WJWG", "health_code"],
  ["https://example.cn/u/556677889900", "link"],
  ["987654321", null],
];

test.each(KINDS)("%s is %s", (text, kind) => expect(foreignKind(text)).toBe(kind));
