// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The actions of a rule that changes or copies frames or looks into other tables, as numbers. Rules
 * that only choose ports have none of this: {@link FlowProgram#single} and {@link
 * FlowProgram#targets} are enough for them.
 */
final class RewriteRule {
  /** Operations; an output's target is in {@link #value}. */
  static final int OUTPUT = 0;

  static final int PUSH_VLAN = 1;
  static final int POP_VLAN = 2;
  static final int DEC_TTL = 3;

  /** Looks into the table in {@link #value}, as if from the port in {@link #mask} if not 0. */
  static final int RESUBMIT = 4;

  /** Copies bits; the fields and bits are in {@link #value}, see {@link #pack}. */
  static final int MOVE = 5;

  /** Copies the frame to the port in {@link #value}. */
  static final int MIRROR = 6;

  /** Hands over at most {@link #value} bytes of the frame to the API. */
  static final int PUNT = 7;

  /** Hands the frame to the group at {@link #value}. */
  static final int GROUP = 8;

  /** Drops or marks what exceeds the rates of the meter at {@link #value}. */
  static final int METER = 9;

  /** Sets a field: this and the ordinal of the {@link MatchField}. */
  static final int SET_FIELD = 16;

  final int[] operation;
  final long[] value;
  final long[] mask;
  final long[] valueHigh;
  final long[] maskHigh;

  /** For {@link #SET_FIELD}: the IP protocol whose frames have the field, 0 for any. */
  final int[] protocol;

  /** Index of the last action that can send the frame; -1 if there is none. */
  final int lastSent;

  /** The rule itself; null for a bucket. */
  final @Nullable FlowRule rule;

  private RewriteRule(@Nullable FlowRule rule, int length, int lastSent) {
    this.rule = rule;
    this.lastSent = lastSent;
    operation = new int[length];
    value = new long[length];
    mask = new long[length];
    valueHigh = new long[length];
    maskHigh = new long[length];
    protocol = new int[length];
  }

  /** Whether the rule needs this. */
  static boolean isNeededFor(FlowRule rule) {
    for (Action action : rule.actions()) {
      if (isChange(action) || isDetour(action)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isDetour(Action action) {
    return switch (action) {
      case Action.Resubmit _, Action.GotoTable _, Action.Group _, Action.Meter _ -> true;
      case Action.Mirror _, Action.Punt _ -> true;
      default -> false;
    };
  }

  private static boolean isChange(Action action) {
    return switch (action) {
      case Action.SetField _, Action.PushVlan _, Action.PopVlan _, Action.DecTtl _ -> true;
      case Action.Move _ -> true;
      case Action.Output _, Action.Drop _, Action.Normal _, Action.Flood _, Action.InPort _ ->
          false;
      case Action.Resubmit _, Action.GotoTable _, Action.Mirror _, Action.Punt _ -> false;
      case Action.Group _, Action.Meter _ -> false;
    };
  }

  static RewriteRule of(FlowRule from, ActionNumbers numbers) {
    return of(from, from.actions(), numbers);
  }

  /** For a bucket. */
  static RewriteRule of(List<Action> actions, ActionNumbers numbers) {
    return of(null, actions, numbers);
  }

  private static RewriteRule of(
      @Nullable FlowRule from, List<Action> actions, ActionNumbers numbers) {
    int lastSent = -1;
    for (int i = 0; i < actions.size(); i++) {
      lastSent = isChange(actions.get(i)) ? lastSent : i;
    }
    RewriteRule rule = new RewriteRule(from, actions.size(), lastSent);
    for (int i = 0; i < actions.size(); i++) {
      rule.put(i, actions.get(i), numbers);
    }
    return rule;
  }

  private void put(int i, Action action, ActionNumbers numbers) {
    ToIntFunction<String> portNumber = numbers.port();
    switch (action) {
      case Action.SetField(FieldMatch set, int protocol) -> {
        operation[i] = SET_FIELD + set.field().ordinal();
        value[i] = set.value();
        mask[i] = set.mask();
        valueHigh[i] = set.valueHigh();
        maskHigh[i] = set.maskHigh();
        this.protocol[i] = protocol;
      }
      case Action.PushVlan(int type) -> put(i, PUSH_VLAN, type);
      case Action.PopVlan _ -> put(i, POP_VLAN, 0);
      case Action.DecTtl _ -> put(i, DEC_TTL, 0);
      case Action.Move move -> put(i, MOVE, pack(move));
      case Action.GotoTable(int table) -> put(i, RESUBMIT, table);
      case Action.Resubmit(int table, String port) -> {
        put(i, RESUBMIT, table);
        mask[i] = port == null ? 0 : portNumber.applyAsInt(port);
      }
      case Action.Mirror(String port) -> put(i, MIRROR, portNumber.applyAsInt(port));
      case Action.Punt(int lengthMax) -> put(i, PUNT, lengthMax);
      case Action.Output(String port) -> put(i, OUTPUT, portNumber.applyAsInt(port));
      case Action.Normal _ -> put(i, OUTPUT, FlowProgram.NORMAL);
      case Action.Flood _ -> put(i, OUTPUT, FlowProgram.FLOOD);
      case Action.InPort _ -> put(i, OUTPUT, FlowProgram.IN_PORT);
      case Action.Drop _ -> put(i, OUTPUT, FlowProgram.DROP);
      case Action.Group(long group) -> put(i, GROUP, numbers.group().applyAsInt(group));
      case Action.Meter(long meter) -> put(i, METER, numbers.meter().applyAsInt(meter));
    }
  }

  private void put(int i, int what, long argument) {
    operation[i] = what;
    value[i] = argument;
  }

  /** The port that it hands the frame to if it does nothing else; 0 if it does. */
  int onlyPort() {
    boolean only = operation.length == 1 && operation[0] == OUTPUT;
    return only ? Math.max(0, (int) value[0]) : 0;
  }

  /** The table that it goes on to if it does nothing else; 0 if it does. */
  int onward() {
    boolean only = operation.length == 1 && operation[0] == RESUBMIT && mask[0] == 0;
    return only ? (int) value[0] : 0;
  }

  /** Whether the frame can be another one afterwards, as by a meter. A group leaves it as it is. */
  boolean changesFrame() {
    for (int what : operation) {
      if (what != OUTPUT && what != GROUP && what != MIRROR) {
        return true;
      }
    }
    return false;
  }

  /** One byte each from the lowest: field, lowest bit; the same of the destination; width. */
  private static long pack(Action.Move move) {
    return move.from().ordinal()
        | move.fromBit() << 8
        | move.to().ordinal() << 16
        | (long) move.toBit() << 24
        | (long) move.bits() << 32;
  }
}
