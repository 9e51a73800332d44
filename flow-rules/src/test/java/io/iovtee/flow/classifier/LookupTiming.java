// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A quick look at the cost of one packet, without a benchmark frame: parse, cached lookup, both,
 * and the classifier alone. Not a test; {@code main} prints nanoseconds per packet, best of several
 * rounds.
 */
public final class LookupTiming {
  private static final int BATCH = 64;
  private static final int ROUNDS = 12;
  private static final int BATCHES = 100_000;

  private LookupTiming() {}

  public static void main(String[] args) {
    if (args.length > 0) {
      measure("ipv6 udp, table with ipv6", 256, wideRules(), false, true);
      return;
    }
    for (int flows : new int[] {1, 16, 256, 4096}) {
      measure("ipv4 udp", flows, narrowRules(), false, false);
    }
    measure("ipv4 tcp", 256, narrowRules(), true, false);
    measure("ipv4 udp, table with ipv6", 256, wideRules(), false, false);
    measure("ipv6 udp, table with ipv6", 256, wideRules(), false, true);
    measureCompile();
  }

  private static List<FlowRule> narrowRules() {
    return FlowRuleParser.parseRules(
        """
        priority=100,in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1
        priority=90,udp,nw_dst=10.1.0.0/16,tp_dst=4789,actions=output:nf2
        priority=80,tcp,nw_src=10.0.0.0/8,actions=output:nf1
        priority=70,udp,nw_src=10.0.0.0/8,actions=output:nf1
        priority=60,udp,nw_src=10.255.255.255,nw_dst=11.0.0.0,tp_src=7,tp_dst=9,actions=drop
        priority=1,actions=normal
        """);
  }

  private static List<FlowRule> wideRules() {
    List<FlowRule> rules = new ArrayList<>(narrowRules());
    rules.add(
        FlowRuleParser.parseRule(
            "priority=95,udp6,ipv6_src=2001:db8::/64,tp_src=5,actions=output:nf1"));
    return rules;
  }

  private static void measure(
      String name, int flows, List<FlowRule> rules, boolean tcp, boolean ipv6) {
    byte[] headers = new byte[BATCH * 128];
    ExactMatchCache cache = new ExactMatchCache();
    Classifier classifier = Classifier.compile(rules, port -> port.equals("uplink") ? 1 : 2);
    cache.reset(classifier);
    long[] keys = new long[BATCH * FlowKey.WORDS];
    int[] result = new int[BATCH];
    byte[][] pool = new byte[flows][];
    for (int i = 0; i < flows; i++) {
      pool[i] = ipv6 ? Frames.udp6(i) : Frames.ipv4(i, tcp);
    }
    double parse = Double.MAX_VALUE;
    double lookup = Double.MAX_VALUE;
    double both = Double.MAX_VALUE;
    double slow = Double.MAX_VALUE;
    int next = 0;
    long sink = 0;
    for (int round = 0; round < ROUNDS; round++) {
      // Different flows in each batch, in an order that a branch predictor does not learn.
      int groups = Math.max(1, flows / BATCH);
      byte[][] batches = new byte[groups][];
      java.util.Random random = new java.util.Random(round);
      for (int g = 0; g < groups; g++) {
        batches[g] = headers.clone();
        for (int i = 0; i < BATCH; i++) {
          byte[] frame = pool[random.nextInt(flows)];
          System.arraycopy(frame, 0, batches[g], i * 128, frame.length);
        }
      }
      long start = System.nanoTime();
      for (int b = 0; b < BATCHES; b++) {
        byte[] batch = batches[next];
        next = next + 1 == groups ? 0 : next + 1;
        sink += parseBatch(batch, keys);
      }
      parse = Math.min(parse, perPacket(start));
      start = System.nanoTime();
      for (int b = 0; b < BATCHES; b++) {
        cache.lookup(keys, BATCH, result);
        sink += result[b & 63];
      }
      lookup = Math.min(lookup, perPacket(start));
      start = System.nanoTime();
      for (int b = 0; b < BATCHES; b++) {
        byte[] batch = batches[next];
        next = next + 1 == groups ? 0 : next + 1;
        sink += parseBatch(batch, keys);
        cache.lookup(keys, BATCH, result);
        sink += result[b & 63];
      }
      both = Math.min(both, perPacket(start));
      start = System.nanoTime();
      for (int b = 0; b < BATCHES / 10; b++) {
        for (int i = 0; i < BATCH; i++) {
          sink += classifier.lookup(keys, i * FlowKey.WORDS);
        }
      }
      slow = Math.min(slow, perPacket(start) * 10);
    }
    System.out.printf(
        "%-28s %5d flows: parse %.1f, cache %.1f, both %.1f, classifier %.1f ns (hits %d, misses"
            + " %d, %d)%n",
        name, flows, parse, lookup, both, slow, cache.hits(), cache.misses(), sink);
  }

  private static double perPacket(long start) {
    return (System.nanoTime() - start) / (double) BATCHES / BATCH;
  }

  private static int parseBatch(byte[] headers, long[] keys) {
    int status = 0;
    for (int i = 0; i < BATCH; i++) {
      status |= HeaderParser.parse(headers, i * 128, 96, 96, 1, keys, i * FlowKey.WORDS);
    }
    return status;
  }

  private static void measureCompile() {
    List<FlowRule> rules = new ArrayList<>();
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    long before = runtime.totalMemory() - runtime.freeMemory();
    for (int i = 0; i < 1_000_000; i++) {
      rules.add(
          FlowRuleParser.parseRule(
              ("priority=%d,udp,in_port=uplink,nw_src=10.%d.%d.0/24,nw_dst=192.168.%d.%d,"
                      + "tp_dst=%d,actions=output:nf1")
                  .formatted(
                      i % 1000, i >> 8 & 255, i & 255, i >> 16 & 255, i >> 8 & 255, i % 60000)));
    }
    System.gc();
    long ruleBytes = runtime.totalMemory() - runtime.freeMemory() - before;
    long start = System.nanoTime();
    Classifier classifier = Classifier.compile(rules, port -> 1);
    long ms = (System.nanoTime() - start) / 1_000_000;
    System.gc();
    long tableBytes = runtime.totalMemory() - runtime.freeMemory() - before - ruleBytes;
    System.out.printf(
        "1,000,000 rules: compiled in %d ms, %d bytes per rule in the model, %d in the classifier,"
            + " %s%n",
        ms,
        ruleBytes / rules.size(),
        tableBytes / rules.size(),
        Arrays.stream(classifier.unionMask()).filter(word -> word != 0).count() + " words");
  }
}
