// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import java.util.List;
import java.util.function.ToIntFunction;

/** The meaning of a rule table, as plainly as it can be said: field by field, rule by rule. */
final class LinearMatcher {
  private final List<FlowRule> rules;
  private final List<List<FieldMatch>> fields;
  private final ToIntFunction<String> portNumber;

  LinearMatcher(List<FlowRule> rules, ToIntFunction<String> portNumber) {
    this.rules = rules;
    this.fields = rules.stream().map(rule -> rule.match().fields()).toList();
    this.portNumber = portNumber;
  }

  int lookup(long[] keys, int offset) {
    int best = Classifier.MISS;
    for (int i = 0; i < rules.size(); i++) {
      boolean better =
          best == Classifier.MISS || rules.get(i).priority() > rules.get(best).priority();
      if (better && matches(i, keys, offset)) {
        best = i;
      }
    }
    return best;
  }

  private boolean matches(int rule, long[] keys, int offset) {
    if (rules.get(rule).table() != (keys[offset + FlowKey.TABLE_WORD] & 0xff)) {
      return false;
    }
    String inPort = rules.get(rule).match().inPort();
    if (inPort != null && portNumber.applyAsInt(inPort) != FlowKey.inPort(keys, offset)) {
      return false;
    }
    for (FieldMatch field : fields.get(rule)) {
      if (!matches(field, keys, offset)) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(FieldMatch match, long[] keys, int offset) {
    MatchField field = match.field();
    boolean tag = (FlowKey.vlanTci(keys, offset) & MatchField.TAG_PRESENT) != 0;
    if ((field == MatchField.DL_VLAN || field == MatchField.DL_VLAN_PCP) && !tag) {
      return false;
    }
    boolean high =
        !field.isWide() || (keys[offset + field.word()] & match.maskHigh()) == match.valueHigh();
    return high && (FlowKey.get(field, keys, offset) & match.mask()) == match.value();
  }
}
