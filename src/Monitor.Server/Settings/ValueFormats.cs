using System.Net;
using Microsoft.Extensions.Logging;

namespace Monitor.Server.Settings;

/// <summary>The formats that settings are declared with.</summary>
public static class ValueFormats
{
    /// <summary>
    /// Where to listen: <c>host:port</c> with an IPv4 address, an IPv6 address in brackets, <c>localhost</c> (which is
    /// 127.0.0.1) or <c>*</c> or nothing for every address, IPv6 included where the machine has it. Port 0 lets the
    /// system choose one.
    /// </summary>
    public static ValueFormat<IPEndPoint> ListenAddress { get; } = new ListenAddressFormat();

    /// <summary>Any text that is not empty.</summary>
    public static ValueFormat<string> Text { get; } = new TextFormat();

    /// <summary>Path of a file that exists and can be opened for reading.</summary>
    public static ValueFormat<string> ExistingFile { get; } = new ExistingFileFormat();

    /// <summary>Names, separated by commas. None is an empty list.</summary>
    public static ValueFormat<IReadOnlyList<string>> Names { get; } = ListOf(Text);

    /// <summary>A web origin as browsers send it, <c>https://host</c> or <c>http://host:port</c>, or <c>*</c> for every
    /// one.</summary>
    public static ValueFormat<string> Origin { get; } = new OriginFormat();

    /// <summary>True or false; the option alone means true.</summary>
    public static ValueFormat<bool> Flag { get; } = new FlagFormat();

    /// <summary>trace, debug, information (info), warning (warn), error, critical or none.</summary>
    public static ValueFormat<LogLevel> LogLevel { get; } = new LogLevelFormat();

    /// <summary>A number of bytes with an optional unit: <c>65536</c>, <c>64MiB</c>, <c>1G</c>. K, M, G and T are
    /// powers of 1024, with or without <c>iB</c> or <c>B</c>.</summary>
    /// <param name="minimum">Least number of bytes that is accepted.</param>
    /// <param name="maximum">Most bytes that are accepted.</param>
    public static ValueFormat<long> Size(long minimum, long maximum) => new SizeFormat(minimum, maximum);

    /// <summary>A whole number in decimal.</summary>
    /// <param name="minimum">Least number that is accepted.</param>
    /// <param name="maximum">Greatest number that is accepted.</param>
    public static ValueFormat<long> WholeNumber(long minimum, long maximum) => new IntegerFormat(minimum, maximum);

    /// <summary>One of a few words, in any case.</summary>
    public static ValueFormat<string> OneOf(params string[] words) => new WordFormat(words);

    /// <summary>Several values of one format, separated by commas or given one by one. None is an empty list.</summary>
    public static ValueFormat<IReadOnlyList<T>> ListOf<T>(ValueFormat<T> item) => new ListFormat<T>(item);
}
