// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The actions of a rule that changes frames, as numbers. Rules that only choose ports have none of
 * this: {@link FlowProgram#single} and {@link FlowProgram#targets} are enough for them.
 */
final class RewriteRule {
  /** Operations; an output's target is in {@link #value}. */
  static final int OUTPUT = 0;

  static final int PUSH_VLAN = 1;
  static final int POP_VLAN = 2;
  static final int DEC_TTL = 3;

  /** Sets a field: this and the ordinal of the {@link MatchField}. */
  static final int SET_FIELD = 16;

  private static final int TAG_LENGTH = 4;

  /** Tags that a frame can have too many at once: the pushed ones, and one for its value. */
  private static final int GROWTH_MAX = (Action.PushVlan.MAX + 1) * TAG_LENGTH;

  final int[] operation;
  final long[] value;
  final long[] mask;
  final long[] valueHigh;
  final long[] maskHigh;

  /** Index of the last output; -1 if there is none. */
  final int lastOutput;

  /** Bytes that tags can add. */
  final int growth;

  private RewriteRule(int length, int lastOutput, int growth) {
    operation = new int[length];
    value = new long[length];
    mask = new long[length];
    valueHigh = new long[length];
    maskHigh = new long[length];
    this.lastOutput = lastOutput;
    this.growth = growth;
  }

  /** Whether the rule needs this. */
  static boolean isNeededFor(FlowRule rule) {
    for (Action action : rule.actions()) {
      if (isChange(action)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isChange(Action action) {
    return switch (action) {
      case Action.SetField _, Action.PushVlan _, Action.PopVlan _, Action.DecTtl _ -> true;
      case Action.Output _, Action.Drop _, Action.Normal _, Action.Flood _, Action.InPort _ ->
          false;
    };
  }

  static RewriteRule of(List<Action> actions, ToIntFunction<String> portNumber) {
    int lastOutput = -1;
    int growth = 0;
    boolean tagged = false;
    for (int i = 0; i < actions.size(); i++) {
      Action action = actions.get(i);
      lastOutput = isChange(action) ? lastOutput : i;
      // The first action about a tag's value may have to make the tag; those behind it find it.
      boolean tag = action instanceof Action.SetField(FieldMatch set) && isTagField(set.field());
      boolean makes = action instanceof Action.PushVlan || (tag && !tagged);
      growth += makes ? TAG_LENGTH : 0;
      tagged = (tagged || makes) && !(action instanceof Action.PopVlan);
    }
    RewriteRule rule = new RewriteRule(actions.size(), lastOutput, Math.min(growth, GROWTH_MAX));
    for (int i = 0; i < actions.size(); i++) {
      rule.put(i, actions.get(i), portNumber);
    }
    return rule;
  }

  private static boolean isTagField(MatchField field) {
    return field == MatchField.DL_VLAN || field == MatchField.DL_VLAN_PCP;
  }

  private void put(int i, Action action, ToIntFunction<String> portNumber) {
    switch (action) {
      case Action.SetField(FieldMatch set) -> {
        operation[i] = SET_FIELD + set.field().ordinal();
        value[i] = set.value();
        mask[i] = set.mask();
        valueHigh[i] = set.valueHigh();
        maskHigh[i] = set.maskHigh();
      }
      case Action.PushVlan(int type) -> put(i, PUSH_VLAN, type);
      case Action.PopVlan _ -> put(i, POP_VLAN, 0);
      case Action.DecTtl _ -> put(i, DEC_TTL, 0);
      case Action.Output(String port) -> put(i, OUTPUT, portNumber.applyAsInt(port));
      case Action.Normal _ -> put(i, OUTPUT, FlowProgram.NORMAL);
      case Action.Flood _ -> put(i, OUTPUT, FlowProgram.FLOOD);
      case Action.InPort _ -> put(i, OUTPUT, FlowProgram.IN_PORT);
      case Action.Drop _ -> put(i, OUTPUT, FlowProgram.DROP);
    }
  }

  private void put(int i, int what, long argument) {
    operation[i] = what;
    value[i] = argument;
  }
}
