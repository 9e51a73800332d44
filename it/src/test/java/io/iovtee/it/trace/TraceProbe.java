// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.trace;

import io.iovtee.it.peers.FrameWire;
import io.iovtee.it.peers.TestSwitch;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Asks a running switch what it would do with a frame, sends the frame, and names every difference
 * between what was said and what the switch's counters and its guests then say.
 */
final class TraceProbe implements AutoCloseable {
  static final String NIC = "nic0";

  /** A frame is through within microseconds; the machine may be loaded. */
  private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(10);

  private static final int REQUESTS_MAX = 3;

  private final TestSwitch vswitch;
  private final FrameWire wire;
  private final URI trace;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Queue<String>> received = new ConcurrentHashMap<>();
  private final Map<String, Integer> seen = new TreeMap<>();

  TraceProbe(TestSwitch vswitch, FrameWire wire, int httpPort) {
    this.vswitch = vswitch;
    this.wire = wire;
    trace = URI.create("http://127.0.0.1:" + httpPort + "/api/v1/trace");
  }

  /** Told by a guest of each frame that it got. */
  void received(String guest, byte[] frame, int length) {
    received
        .computeIfAbsent(guest, name -> new ConcurrentLinkedQueue<>())
        .add(HexFormat.of().formatHex(frame, 0, length));
  }

  /** How often each fate was seen, so that a test knows that it has looked at it. */
  Map<String, Integer> seen() {
    return seen;
  }

  /** Asks, sends, compares; returns the differences. */
  List<String> check(byte[] frame) throws InterruptedException {
    JsonObject said = ask(frame);
    received.clear();
    Counted before = Counted.of(vswitch.vswitch());
    while (!wire.send(frame, frame.length)) {
      Thread.onSpinWait();
    }
    long deadlineNs = System.nanoTime() + WAIT_NS;
    while (true) {
      wire.receive((bytes, length) -> {});
      Map<String, Long> grown = Counted.of(vswitch.vswitch()).since(before);
      List<String> wrong = new ArrayList<>();
      compareRules(said, grown, wrong);
      compareFate(said, grown, wrong);
      if (wrong.isEmpty()) {
        String fate = fate(grown);
        seen.merge(fate.substring(fate.indexOf(' ') + 1), 1, Integer::sum);
        return wrong; // what came later would be one too many for the next frame
      }
      if (System.nanoTime() - deadlineNs > 0) {
        wrong.add("said " + said.encode() + " counted " + grown);
        return wrong;
      }
      Thread.sleep(2);
    }
  }

  private JsonObject ask(byte[] frame) throws InterruptedException {
    JsonObject body =
        new JsonObject()
            .put("flow", "in_port=" + NIC)
            .put("frame", HexFormat.of().formatHex(frame));
    HttpRequest request =
        HttpRequest.newBuilder(trace)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build();
    JsonObject said = new JsonObject(answer(request));
    if (!said.containsKey("write_through")) {
      throw new AssertionError(said.encode());
    }
    return said;
  }

  private String answer(HttpRequest request) throws InterruptedException {
    IOException last = new IOException();
    for (int i = 0; i < REQUESTS_MAX; i++) {
      try {
        return client.send(request, BodyHandlers.ofString()).body();
      } catch (IOException e) {
        last = e; // the server closes connections that were idle for long; asking changes nothing
      }
    }
    throw new AssertionError(last);
  }

  // ---- what was said, and what was counted -----------------------------------------------------

  private static void compareRules(JsonObject said, Map<String, Long> grown, List<String> wrong) {
    Map<String, Long> expected = new TreeMap<>();
    add(expected, said.getJsonObject("rule"));
    for (Object visit : said.getJsonArray("tables")) {
      add(expected, ((JsonObject) visit).getJsonObject("rule"));
    }
    Map<String, Long> counted = new TreeMap<>();
    grown.forEach((name, by) -> {
      if (name.startsWith("rule ")) {
        counted.put(name, by);
      }
    });
    // A frame that never came in met no rule.
    if (grown.keySet().stream().noneMatch(name -> name.endsWith(" frames"))) {
      expected.clear();
    }
    same("rules", expected, counted, wrong);
  }

  private static void add(Map<String, Long> rules, JsonObject rule) {
    if (rule != null) {
      rules.merge("rule " + rule.getLong("id"), 1L, Long::sum);
    }
  }

  private void compareFate(JsonObject said, Map<String, Long> grown, List<String> wrong) {
    String counted = fate(grown);
    boolean found = false;
    for (Object one : said.getJsonArray("write_through")) {
      JsonObject queue = (JsonObject) one;
      boolean here = counted.startsWith(queue.getString("queue") + " ");
      if (here) {
        found = true;
        same("fate", said(queue), counted, wrong);
        boolean through = counted.endsWith(" written_through");
        same("written through", queue.getBoolean("written_through"), through, wrong);
        if (!through && (queue.getString("detail").isEmpty())) {
          wrong.add("no reason is given");
        }
        compareOutputs(said, queue, grown, wrong);
      } else if (queue.getString("entry").equals("enters")) {
        wrong.add("should have come in on " + queue.getString("queue"));
      }
    }
    same("a queue that it came in on", true, found, wrong);
  }

  /** {@code nic0/1 copied_ineligible transition}, {@code nic0/1 filtered}. */
  private static String fate(Map<String, Long> grown) {
    for (String name : grown.keySet()) {
      String[] words = name.split(" ", -1);
      if (!words[0].equals("in") || !words[1].startsWith(NIC + "/")) {
        continue;
      }
      if (words[2].equals("kept_out")) {
        return words[1] + " " + words[3];
      }
      if (words[2].equals("outcome")) {
        return words[1] + " " + words[3] + reason(grown, words[1]);
      }
    }
    return "nowhere";
  }

  private static String reason(Map<String, Long> grown, String queue) {
    for (String name : grown.keySet()) {
      String[] words = name.split(" ", -1);
      if (words[0].equals("in")
          && words[1].equals(queue)
          && (words[2].equals("copied") || words[2].equals("dropped"))) {
        return " " + words[3];
      }
    }
    return "";
  }

  private static String said(JsonObject queue) {
    String at = queue.getString("queue") + " ";
    String outcome = queue.getString("outcome");
    if (outcome == null) {
      return at + queue.getString("entry");
    }
    return at
        + switch (outcome) {
          case "dropped" -> outcome + " " + queue.getString("drop_reason");
          case "copied_ineligible" -> outcome + " " + queue.getString("copy_reason");
          default -> outcome;
        };
  }

  /** Ports that count a frame as sent, and what guests have got, byte by byte. */
  private void compareOutputs(
      JsonObject said, JsonObject queue, Map<String, Long> grown, List<String> wrong) {
    Map<String, Long> expected = new TreeMap<>();
    Map<String, List<String>> bytes = new TreeMap<>();
    List<String> refused = new ArrayList<>();
    for (Object one : queue.getJsonArray("deliveries", new JsonArray())) {
      JsonObject delivery = (JsonObject) one;
      if (delivery.getString("outcome").equals("dropped")) {
        refused.add(delivery.getString("port"));
      }
    }
    if (queue.getString("outcome") != null) {
      for (Object one : said.getJsonArray("outputs")) {
        JsonObject output = (JsonObject) one;
        String port = output.getString("port");
        if (output.getBoolean("copy") || !refused.remove(port)) {
          expected.merge("out " + port, 1L, Long::sum);
          bytes.computeIfAbsent(port, name -> new ArrayList<>()).add(output.getString("frame"));
        }
      }
    }
    Map<String, Long> counted = new TreeMap<>();
    grown.forEach((name, by) -> {
      if (name.startsWith("out ")) {
        counted.put(name, by);
      }
    });
    same("outputs", expected, counted, wrong);
    for (String guest : List.copyOf(received.keySet())) {
      same("bytes for " + guest, bytes.get(guest), List.copyOf(received.get(guest)), wrong);
    }
  }

  private static void same(String what, Object said, Object counted, List<String> wrong) {
    if (said == null || !said.equals(counted)) {
      wrong.add(what + ": said " + said + ", counted " + counted);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
