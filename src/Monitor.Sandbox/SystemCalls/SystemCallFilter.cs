using System.Runtime.InteropServices;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.SystemCalls;

/// <summary>
/// A filter of the system calls that this process may make (seccomp(2)): an allow-list. What is not on it fails, and what
/// only an intruder would call kills the process.
/// </summary>
public static unsafe class SystemCallFilter
{
    /// <summary>Binds all threads of this process for good, those to come, and every program that it starts.</summary>
    /// <param name="options">What the program does.</param>
    /// <exception cref="SandboxException">The kernel refused, or there is no filter for this architecture; nothing is filtered.</exception>
    public static void Install(SystemCallOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var architecture = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => FilterArchitecture.X64,
            Architecture.Arm64 => FilterArchitecture.Arm64,
            var other => throw new SandboxException($"there is no filter of system calls for {other}"),
        };
        var program = FilterProgram.Compile(new SystemCallRules(options, Environment.ProcessId), architecture);
        // The kernel asks for it, and gives it to the other threads with the filter.
        if (Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        {
            throw SandboxException.FromLastError("forbidding new privileges");
        }

        fixed (FilterInstruction* instructions = program)
        {
            var native = new Libc.FilterDescription { Length = (ushort)program.Length, Instructions = instructions };
            var result = Libc.seccomp(Libc.SECCOMP_SET_MODE_FILTER, Libc.SECCOMP_FILTER_FLAG_TSYNC, &native);
            if (result != 0)
            {
                // Positive: a thread that has a filter of its own.
                throw result > 0
                    ? new SandboxException($"filtering system calls: thread {result} does not take part")
                    : SandboxException.FromLastError("filtering system calls");
            }
        }
    }
}
