using System.Runtime.InteropServices;

namespace Monitor.Bpf;

/// <summary>
/// The kernel or libbpf refused an operation. The message says what was tried on what, the name of the error number,
/// and the words of libbpf or the verifier that explain it.
/// </summary>
public sealed class BpfException : Exception
{
    internal BpfException(
        string operation,
        string objectName,
        int errno,
        string? explanation,
        Exception? innerException = null,
        string? verifierLog = null)
        : base(Compose(operation, objectName, errno, explanation), innerException)
    {
        Operation = operation;
        ObjectName = objectName;
        Errno = errno;
        VerifierLog = verifierLog;
    }

    /// <summary>What was tried, as a phrase: "loading", "attaching to the cgroup", …</summary>
    public string Operation { get; }

    /// <summary>Name of the program, map, file or other thing that the operation was about.</summary>
    public string ObjectName { get; }

    /// <summary>Positive error number: errno(3), or one of libbpf's own from 4000.</summary>
    public int Errno { get; }

    /// <summary>Name of <see cref="Errno"/>, such as EPERM.</summary>
    public string ErrnoName => Monitor.Bpf.Errno.Name(Errno);

    /// <summary>
    /// What the kernel's verifier said about the program, or null where it said nothing. Cut to its last mebibyte.
    /// </summary>
    public string? VerifierLog { get; }

    internal static BpfException FromLastError(string operation, string objectName, string? explanation = null) =>
        new(operation, objectName, Marshal.GetLastPInvokeError(), explanation);

    /// <summary>For the usual return code: 0 or more is good, a negative error number is not.</summary>
    internal static int ThrowIfNegative(int result, string operation, string objectName) =>
        result >= 0 ? result : throw new BpfException(operation, objectName, -result, null);

    private static string Compose(string operation, string objectName, int errno, string? explanation)
    {
        var message = $"{operation} '{objectName}' failed: {Monitor.Bpf.Errno.Name(errno)}";
        return string.IsNullOrWhiteSpace(explanation) ? message : $"{message}: {explanation.Trim()}";
    }
}
