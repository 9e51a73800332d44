// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.iovtee.flow.text.FlowRuleParser;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The hot path allocates nothing, in whatever way a frame takes through it. */
final class AllocationTest {
  private static final int BATCH = 64;
  private static final int BATCHES = 20_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void parsingAndLookingUpAllocatesNothing() {
    Classifier classifier =
        Classifier.compile(
            FlowRuleParser.parseRules(
                """
                priority=9,in_port=a,dl_dst=02:00:00:00:00:11,actions=output:a
                priority=8,udp,nw_src=10.0.0.0/8,tp_dst=53,actions=drop
                priority=7,ipv6,ipv6_src=2001:db8::/32,actions=drop
                priority=6,arp,arp_sha=02:00:00:00:00:11,actions=drop
                priority=1,tcp,tcp_flags=+syn-ack,actions=normal
                """),
            port -> 1);
    SplittableRandom random = new SplittableRandom(20_261_126);
    // So small that keys are replaced all the time.
    ExactMatchCache cache = new ExactMatchCache(16, random);
    cache.reset(classifier);
    byte[][] frames = new byte[4096][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = Frames.random(random);
    }
    long[] keys = new long[BATCH * FlowKey.WORDS];
    int[] results = new int[BATCH];
    long sum = run(frames, keys, results, cache, classifier);
    long least = Long.MAX_VALUE;
    // The measurement itself, or the compiler giving up on compiled code, may cost something once.
    for (int round = 0; round < 5; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      sum += run(frames, keys, results, cache, classifier);
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes for %d frames", BATCH * BATCHES).isZero();
    assertThat(cache.misses()).isGreaterThan(BATCHES);
    assertThat(cache.hits()).isGreaterThan(BATCHES);
    assertThat(sum).isNotZero();
  }

  private static long run(
      byte[][] frames, long[] keys, int[] results, ExactMatchCache cache, Classifier classifier) {
    long sum = 0;
    int next = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
      for (int i = 0; i < BATCH; i++) {
        byte[] frame = frames[next++ & 4095];
        int captured = Math.min(frame.length, 128);
        sum += HeaderParser.parse(frame, 0, captured, frame.length, 1, keys, i * FlowKey.WORDS);
      }
      cache.lookup(keys, BATCH, results);
      sum += results[batch & 63] + cache.lookup(keys, 0) + classifier.lookup(keys, FlowKey.WORDS);
    }
    return sum;
  }
}
