using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>Makes the exceptions of one reading, and checks its names.</summary>
/// <param name="Operation">What is being read, as a phrase.</param>
/// <param name="ObjectName">The object's name.</param>
internal sealed record SchemaFailure(string Operation, string ObjectName)
{
    internal const int MaximumNameBytes = 64;

    internal BpfException Because(string why) => new(Operation, ObjectName, Errno.EINVAL, why);

    /// <summary>The name at that place.</summary>
    /// <param name="types">Where it is from.</param>
    /// <param name="nameOffset">Its place.</param>
    /// <param name="what">What has it, for the message.</param>
    /// <exception cref="BpfException">It is no identifier of C of at most 64 bytes.</exception>
    internal string Identifier(BtfTypes types, uint nameOffset, string what)
    {
        var name = types.Text(nameOffset, MaximumNameBytes);
        return name is not null && IsIdentifier(name)
            ? name
            : throw Because($"{what} has a name that is none in C, or longer than {MaximumNameBytes} bytes");
    }

    /// <summary>Whether it is an identifier of C of at most 64 bytes.</summary>
    internal static bool IsIdentifier(string name) =>
        name.Length is > 0 and <= MaximumNameBytes
        && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
