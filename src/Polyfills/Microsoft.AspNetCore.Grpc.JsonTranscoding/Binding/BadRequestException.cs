namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>
/// The request cannot become a message. The message is for the client: it names the parameter or the place in the body,
/// the value, and what is accepted.
/// </summary>
internal sealed class BadRequestException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Longest piece of a client's value that a message repeats.</summary>
    private const int MaxShownLength = 100;

    /// <summary>A value that is not what its field takes.</summary>
    public static BadRequestException For(string where, ReadOnlySpan<char> value, string expected) =>
        new($"{where}: '{Shorten(value)}' is not {expected}.");

    /// <summary>The value, cut where it is long.</summary>
    public static string Shorten(ReadOnlySpan<char> value) =>
        value.Length <= MaxShownLength ? value.ToString() : $"{value[..MaxShownLength]}…";
}
