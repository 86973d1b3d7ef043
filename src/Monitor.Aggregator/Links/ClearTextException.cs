using System.Net;
using Monitor.Server;

namespace Monitor.Aggregator.Links;

/// <summary>An address leads to another machine, and the link to it would be in clear text.</summary>
internal sealed class ClearTextException(IPAddress address) : Exception(
    $"{address} is another machine, and the link would be in clear text; give {ServerSettings.TlsAuthority.OptionName} and this "
    + $"program's certificate, or accept it with {ServerSettings.Insecure.OptionName}");
