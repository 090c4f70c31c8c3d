// The only list of what skein_micro runs; nothing registers itself. Each function adds the rows of
// one file.
#pragma once

namespace skein::micro {

void add_control();
void add_switch();
void add_switch_many();
void add_combinators();
void add_depth();
void add_spawn_finish();
void add_talk();
void add_talk_across();
void add_yield();
void add_yield_thread();
void add_timer_structures();
void add_timer_verbs();
void add_timer_thread();
void add_wake();

inline void add_all() {
  add_control();
  add_switch();
  add_switch_many();
  add_depth();
  add_combinators();
  add_talk();
  add_spawn_finish();
  add_yield();
  add_yield_thread();
  add_timer_structures();
  add_timer_verbs();
  add_timer_thread();
  add_wake();
  add_talk_across();
}

}  // namespace skein::micro
