// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code ofproto/trace} says about one frame.
 *
 * @param cookie of the rule that decides it; -1 if none does
 * @param outputs datapath numbers of the ports that it leaves through, sorted
 */
record OvsTrace(long cookie, List<Integer> outputs) {
  private static final Pattern RULE = Pattern.compile("(?m)^ 0\\. .*, cookie 0x([0-9a-f]+)$");
  private static final Pattern MISS = Pattern.compile("(?m)^ 0\\. No match\\.$");
  private static final Pattern ACTIONS = Pattern.compile("(?m)^Datapath actions: (.*)$");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  static OvsTrace parse(String text) {
    Matcher actions = ACTIONS.matcher(text);
    Matcher rule = RULE.matcher(text);
    boolean found = rule.find();
    if (!actions.find() || (!found && !MISS.matcher(text).find())) {
      throw new AssertionError("a trace that can not be read: " + text);
    }
    List<Integer> outputs = new ArrayList<>();
    for (String action : actions.group(1).split(",", -1)) {
      if (NUMBER.matcher(action).matches()) {
        outputs.add(Integer.valueOf(action));
      }
    }
    outputs.sort(null);
    return new OvsTrace(found ? Long.parseUnsignedLong(rule.group(1), 16) : -1, outputs);
  }
}
