// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ExactMatchCache;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.LookupBatch;
import java.util.ArrayList;
import java.util.List;

/** Looks up batches of frames' keys, as a poll loop does, and times that alone. */
final class Lookups {
  private static final int BATCH = LookupBatch.CAPACITY;

  private final Classifier classifier;
  private final int ruleCount;
  private final Flows flows;
  private final ExactMatchCache cache = new ExactMatchCache();
  private final long[] keys = new long[BATCH * FlowKey.WORDS];
  private final LookupBatch together = new LookupBatch();
  private final int[] found = new int[BATCH];

  Lookups(Classifier classifier, int ruleCount, Flows flows) {
    this.classifier = classifier;
    this.ruleCount = ruleCount;
    this.flows = flows;
    cache.reset(classifier);
  }

  /** Takes over a changed table, as a loop between two batches. */
  void take(Classifier changed) {
    cache.reset(changed);
  }

  /** Nanoseconds per lookup through the cache, one reading per window. */
  List<Double> throughCache(int windows, long windowNs) {
    return readings(windows, windowNs, this::cacheBatch);
  }

  /** Nanoseconds per lookup in the subtables, one key after the other. */
  List<Double> oneByOne(int windows, long windowNs) {
    return readings(windows, windowNs, this::singleLookups);
  }

  /** Nanoseconds per lookup in the subtables, without the cache, a batch at a time. */
  List<Double> inSubtables(int windows, long windowNs) {
    return readings(windows, windowNs, this::subtableBatch);
  }

  /** Share of the lookups that the cache answered since it began. */
  double cacheShare() {
    return cache.hits() / (double) (cache.hits() + cache.misses());
  }

  private List<Double> readings(int windows, long windowNs, Runnable batch) {
    List<Double> readings = new ArrayList<>();
    for (int window = 0; window <= windows; window++) {
      long busyNs = 0;
      long lookups = 0;
      long end = System.nanoTime() + windowNs;
      long now = System.nanoTime();
      while (now < end) {
        layKeys();
        long before = System.nanoTime();
        batch.run();
        now = System.nanoTime();
        busyNs += now - before;
        lookups += BATCH;
      }
      if (window > 0) { // the first warms up
        readings.add(busyNs / (double) lookups);
      }
    }
    return readings;
  }

  /** One batch through the cache, not timed: the load under which others measure. */
  void load() {
    layKeys();
    cacheBatch();
  }

  private void layKeys() {
    for (int i = 0; i < BATCH; i++) {
      Rules.layKey(flows.next(), ruleCount, keys, i * FlowKey.WORDS);
    }
  }

  private void cacheBatch() {
    cache.lookup(keys, BATCH, found);
    check();
  }

  private void subtableBatch() {
    together.clear();
    for (int i = 0; i < BATCH; i++) {
      together.add(i * FlowKey.WORDS);
    }
    classifier.lookup(keys, together);
    for (int i = 0; i < BATCH; i++) {
      found[i] = together.found(i);
    }
    check();
  }

  private void singleLookups() {
    for (int i = 0; i < BATCH; i++) {
      found[i] = classifier.lookup(keys, i * FlowKey.WORDS);
    }
    check();
  }

  /** Each key was made to meet a rule: a lookup that finds none measures something else. */
  private void check() {
    for (int rule : found) {
      if (rule == Classifier.MISS) {
        throw new IllegalStateException("a key that meets a rule found none");
      }
    }
  }
}
