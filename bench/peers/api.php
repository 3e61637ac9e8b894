<?php
// What a panel's script does for each call: open the database, find the user, do the work, print
// JSON. SQLite stands for MySQL, which spares PHP a round trip a query, so this flatters it.
const MARKUP = 1.2;

function finish($answer)
{
    header('Content-Type: application/json');
    echo json_encode($answer);
    exit;
}

function ask_panel(array $form)
{
    $curl = curl_init($_SERVER['PANEL']);
    curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query(['key' => 'php'] + $form));
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($curl, CURLOPT_TIMEOUT, 30);
    $body = curl_exec($curl);
    return $body === false ? null : json_decode($body, true);
}

$books = new PDO('sqlite:' . $_SERVER['BOOKS']);
$books->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$books->exec('PRAGMA busy_timeout = 20000');
$books->exec('PRAGMA synchronous = ' . $_SERVER['SYNCHRONOUS']);

function rows(string $sql, array $values = [])
{
    global $books;
    $statement = $books->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll(PDO::FETCH_ASSOC);
}

function change(string $sql, array $values)
{
    global $books;
    $books->prepare($sql)->execute($values);
}

$user = rows('SELECT id, balance FROM users WHERE api_key = ?', [$_POST['key'] ?? ''])[0] ?? null;
if (!$user) {
    finish(['error' => 'Invalid API key']);
}

function list_services()
{
    $list = rows('SELECT id AS service, name, type, category, rate, min, max, dripfeed, refill, cancel FROM services ORDER BY id');
    foreach ($list as &$row) {
        foreach (['dripfeed', 'refill', 'cancel'] as $flag) {
            $row[$flag] = (bool) $row[$flag];
        }
    }
    return $list;
}

function add_order(array $user)
{
    global $books;
    $service = rows('SELECT * FROM services WHERE id = ?', [$_POST['service'] ?? 0])[0] ?? null;
    if (!$service) {
        return ['error' => 'Incorrect service ID'];
    }
    $quantity = (int) ($_POST['quantity'] ?? 0);
    if ($quantity < $service['min'] || $quantity > $service['max']) {
        return ['error' => 'Incorrect quantity'];
    }
    $charge = $service['rate'] * $quantity / 1000;
    $books->exec('BEGIN IMMEDIATE');
    change('UPDATE users SET balance = balance - ? WHERE id = ?', [$charge, $user['id']]);
    change('INSERT INTO orders(user_id, service_id, link, quantity, charge, status) VALUES(?,?,?,?,?,?)',
        [$user['id'], $service['id'], $_POST['link'] ?? '', $quantity, $charge, 'Pending']);
    $order = (int) $books->lastInsertId();
    $books->exec('COMMIT');
    $reply = ask_panel(['action' => 'add', 'service' => $service['theirs'], 'link' => $_POST['link'] ?? '', 'quantity' => $quantity]);
    if (!isset($reply['order'])) {
        return ['error' => 'Service is temporarily unavailable'];
    }
    change('UPDATE orders SET theirs = ? WHERE id = ?', [$reply['order'], $order]);
    return ['order' => $order];
}

function one_status(array $reply)
{
    $reply['charge'] = sprintf('%.5f', $reply['charge'] * MARKUP);
    return $reply;
}

function tell_status(array $user)
{
    global $books;
    $is_many = isset($_POST['orders']);
    $ids = array_slice(array_map('intval', explode(',', $_POST['orders'] ?? $_POST['order'] ?? '')), 0, 100);
    $theirs = array_column(rows('SELECT id, theirs FROM orders WHERE user_id = ? AND id IN (' . implode(',', $ids) . ')',
        [$user['id']]), 'theirs', 'id');
    if (!$theirs) {
        return ['error' => 'Incorrect order ID'];
    }
    $reply = ask_panel(['action' => 'status', $is_many ? 'orders' : 'order' => implode(',', $theirs)]);
    $reply = $is_many ? $reply : [$theirs[$ids[0]] => $reply];
    $answers = [];
    $books->exec('BEGIN IMMEDIATE');
    foreach ($ids as $id) {
        $status = isset($theirs[$id]) ? ($reply[$theirs[$id]] ?? null) : null;
        if (!$status) {
            $answers[$id] = ['error' => 'Incorrect order ID'];
            continue;
        }
        $answers[$id] = one_status($status);
        change('UPDATE orders SET status = ?, remains = ? WHERE id = ?', [$status['status'], $status['remains'], $id]);
    }
    $books->exec('COMMIT');
    return $is_many ? $answers : $answers[$ids[0]];
}

switch ($_POST['action'] ?? '') {
    case 'services':
        finish(list_services());
    case 'balance':
        finish(['balance' => sprintf('%.5f', $user['balance']), 'currency' => 'USD']);
    case 'add':
        finish(add_order($user));
    case 'status':
        finish(tell_status($user));
}
finish(['error' => 'Incorrect request']);
