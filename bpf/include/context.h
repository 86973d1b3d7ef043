/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Whether what happens is the current task's doing, or an interrupt's that happened to hit it. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "kernel.h"

#define INTERRUPT_MASK 0x00ff0100 /* NMI, hardware interrupt, serving a softirq (include/linux/preempt.h) */
#define STACK_SIZE     16384	  /* x86-64 THREAD_SIZE; with KASAN it is twice that, and half of the tasks say no */
#define PF_KTHREAD     0x00200000
#define USER_DS	       0x2b /* the stack segment of user mode, of 32 bits too (arch/x86/include/asm/segment.h) */

struct thread_info {
	__u64 preempt_count;
} relocated;

struct task_struct___counted {
	struct thread_info thread_info;
} relocated;

/*
 * Whether a task came into the kernel by a system call. An interrupt that hits user mode runs on the task's own stack,
 * which is empty then, and so do the softirqs that follow it where the kernel runs them on the stack of the interrupt
 * (HAVE_IRQ_EXIT_ON_IRQ_STACK, 5.12 and later). What user mode left is at the top of the stack, in struct pt_regs:
 * orig_ax is the number of the call, and -1 for all else. 16 bytes lie above it where the kernel is built for FRED
 * (6.9).
 */
static __always_inline bool came_by_call(struct task_struct *task)
{
	__u64 top[8] = {}; /* [orig_ax ip cs flags sp ss] with 16 bytes before or behind */

	bpf_probe_read_kernel(top, sizeof(top), BPF_CORE_READ(task, stack) + STACK_SIZE - sizeof(top));
	if ((__u16)top[7] == USER_DS)
		return top[2] != ~0ULL;
	return (__u16)top[5] == USER_DS && top[0] != ~0ULL;
}

/*
 * Whether the kernel runs on behalf of the current task, not in an interrupt or softirq that happened to hit it.
 *
 * Where the task has a preemption counter (arm64), that tells. x86 keeps it in a per-CPU variable that not every kernel
 * lets us find, but runs interrupts and softirqs that hit the kernel on a stack of their own: the context of a raw
 * tracepoint lies on the stack in use, so we are in the task if that is the task's and a call led there. One that ends
 * may have been interrupted by the signal that ends it, and does not come back to user mode. Kernel threads are out:
 * ksoftirqd runs softirqs on its own.
 *
 * ctx: of a raw tracepoint, or anything else on the stack in use, such as a variable of the program
 */
static __always_inline bool in_task(const void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned int flags = BPF_CORE_READ(task, flags);
	__u64 here = 0;

	if (flags & PF_KTHREAD)
		return false;
	if (bpf_core_field_exists(((struct task_struct___counted *)0)->thread_info.preempt_count))
		return !(BPF_CORE_READ((struct task_struct___counted *)task, thread_info.preempt_count) &
			 INTERRUPT_MASK);
	bpf_probe_read_kernel(&here, sizeof(here), &ctx);
	return here - (__u64)BPF_CORE_READ(task, stack) < STACK_SIZE && (flags & PF_EXITING || came_by_call(task));
}

#endif
