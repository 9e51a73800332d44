// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The C name of a field in a class marked {@link CStruct} or {@link CConstants}, where it is not
 * the field's own name.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface CName {
  /** Member path ({@code "rx.producer"}) or constant expression; empty: derived from the field. */
  String value() default "";

  /**
   * True for a macro that headers older than the kernels we support may lack: the ABI test then
   * skips it where the header does not define it.
   */
  boolean newerThanHeaders() default false;
}
