// Preloaded into a program of a test: its wall clock is the machine's plus an offset, which the test writes into the
// file CLOCK_OFFSET_FILE, in nanoseconds. Clocks that nobody can set, such as the time since boot, stay true.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000LL

static const volatile int64_t *offset;

// Mapped and not read: nothing that a filter of system calls could refuse later.
__attribute__((constructor)) static void map_offset(void)
{
	const char *path = getenv("CLOCK_OFFSET_FILE");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0)
		return;
	void *mapped = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, file, 0);
	if (mapped != MAP_FAILED)
		offset = mapped;
	close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (syscall(SYS_clock_gettime, clock, time) != 0)
		return -1;
	if (offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		int64_t now = time->tv_sec * NANOSECONDS + time->tv_nsec + *offset;
		time->tv_sec = now / NANOSECONDS;
		time->tv_nsec = now % NANOSECONDS;
	}
	return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *result)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}

// .NET looks functions up in the library that is named, where no preloaded one is found.
void *dlsym(void *restrict handle, const char *restrict name)
{
	static void *(*real)(void *, const char *);
	static const char *versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
	for (unsigned int i = 0; !real && i < sizeof(versions) / sizeof(*versions); i++)
		real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
	return strcmp(name, "clock_gettime") == 0 ? (void *)clock_gettime : real(handle, name);
}
