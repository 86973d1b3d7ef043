namespace Grpc.Core;

/// <summary>What a server knows of the identity of a client, from its certificate as a rule. Immutable.</summary>
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>The properties of a client.</summary>
    /// <param name="peerIdentityPropertyName">
    /// The name of the properties that are its identity; <see langword="null"/> when it is not authenticated.
    /// </param>
    /// <param name="properties">The properties by name.</param>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the client is authenticated.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>The name of the properties that are the client's identity, or <see langword="null"/>.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>The identity of the client; none when it is not authenticated.</summary>
    public IEnumerable<AuthProperty> PeerIdentity =>
        PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);

    /// <summary>All properties.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(property => property);

    /// <summary>The properties with a name.</summary>
    /// <param name="propertyName">The name.</param>
    /// <returns>The properties; none where there is no such name.</returns>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        _properties.TryGetValue(propertyName, out var found) ? found : [];
}
