// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/**
 * Keys near the rules: what one rule wants, sometimes with a few bits wrong, the rest at random.
 */
final class KeyGenerator {
  private final SplittableRandom random;
  private final List<FlowRule> rules;
  private final ToIntFunction<String> portNumber;

  KeyGenerator(long seed, List<FlowRule> rules, ToIntFunction<String> portNumber) {
    random = new SplittableRandom(seed);
    this.rules = rules;
    this.portNumber = portNumber;
  }

  void next(long[] keys, int offset) {
    Match match = rules.get(random.nextInt(rules.size())).match();
    for (int word = 0; word < FlowKey.USED_WORDS; word++) {
      // Small numbers, as the rules have them: so that a key often meets several rules.
      long rest = random.nextInt(4) * 0x0001_1001_1101_0011L;
      keys[offset + word] = match.value(word) | (rest & ~match.mask(word));
    }
    int table = random.nextInt(8) == 0 ? random.nextInt(3) : match.table();
    keys[offset + FlowKey.TABLE_WORD] = (keys[offset + FlowKey.TABLE_WORD] & ~0xffL) | table;
    if (match.inPort() != null) {
      long number = portNumber.applyAsInt(match.inPort()) & 0xffffL;
      keys[offset] = (keys[offset] & ~(0xffffL << 48)) | number << 48;
    }
    int wrongBits = random.nextInt(3) == 0 ? random.nextInt(30) : random.nextInt(2);
    for (int i = 0; i < wrongBits; i++) {
      keys[offset + random.nextInt(FlowKey.USED_WORDS)] ^= 1L << random.nextInt(64);
    }
    if (!FlowKey.isWide(keys[offset])) {
      for (int word = FlowKey.NARROW_WORDS; word < FlowKey.USED_WORDS; word++) {
        keys[offset + word] = 0;
      }
    }
  }
}
