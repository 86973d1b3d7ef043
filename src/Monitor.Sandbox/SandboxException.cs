using System.Runtime.InteropServices;

namespace Monitor.Sandbox;

/// <summary>The kernel refused to change what this process may do.</summary>
public sealed class SandboxException : Exception
{
    internal SandboxException(string operation, int errno, string? explanation = null)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}{(explanation is null ? "" : $": {explanation}")}") => Errno = errno;

    internal SandboxException(string message)
        : base(message)
    {
    }

    /// <summary>Error number, errno(3); 0 where it was not the kernel.</summary>
    public int Errno { get; }

    internal static SandboxException FromLastError(string operation) => new(operation, Marshal.GetLastPInvokeError());
}
